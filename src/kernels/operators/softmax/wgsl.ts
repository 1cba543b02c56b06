import { series } from "../../element_wise/wgsl_series.js";
import { isNanCode } from "../../webgpu/not_a_number.js";
import { ROW_INVOCATIONS, rowReduction } from "../../webgpu/row_reduction.js";
import { type Shader, type Share, shader, shareParts } from "../../webgpu/shader.js";

/** What both kernels have: a workgroup takes a row, an invocation every 64th value of it. */
const PARAMS = { rows: "u32", depth: "u32" } as const;
const LOOP = `for (var i = lane; i < p.depth; i += ${ROW_INVOCATIONS}u)`;

/**
 * `y[r, i] = e^(x[r, i] - m[r]) / sum_j e^(x[r, j] - m[r])`, m the largest of a row. An invocation's powers are added in order,
 * then by a tree.
 */
export const softmaxForwardShader: Shader<"rows" | "depth"> = shader<"rows" | "depth">({
  name: "softmax_forward",
  params: PARAMS,
  reads: { x: "f32" },
  writes: { y: "f32" },
  extent: "images",
  invocations: ROW_INVOCATIONS,
  groups: "extent * p.rows",
  declarations: `
alias T = f32;
alias I = i32;
alias N = u32;
${isNanCode("f32")}
${series}
${rowReduction("largest", "select(a, b, b > a)")}
${rowReduction("total", "a + b")}`,
  body: `
  let first = group * p.depth;
  // Places beyond a short row repeat its first value.
  var most = x[first];
  ${LOOP} {
    let v = x[first + i];
    most = select(most, v, v > most);
  }
  most = largest(lane, most);
  var sum = 0.0;
  ${LOOP} { sum += exponential(x[first + i] - most).exp; }
  sum = total(lane, sum);
  ${LOOP} { y[first + i] = exponential(x[first + i] - most).exp / sum; }`,
});

/** `gx[r, i] = y[r, i] (gy[r, i] - sum_j y[r, j] gy[r, j])`. */
export function softmaxVjpShader(share: Share): Shader<"rows" | "depth" | "low" | "high"> {
  const parts = shareParts(share);
  return shader<"rows" | "depth" | "low" | "high">({
    name: `softmax_vjp${parts.suffix}`,
    params: { ...PARAMS, low: "f32", high: "f32" },
    reads: { gy: "f32", y: "f32", ...parts.reads, slots: "u32" },
    writes: { gx: "f32" },
    extent: "cotangents",
    invocations: ROW_INVOCATIONS,
    groups: "extent * p.rows",
    declarations: `
${parts.code}
${rowReduction("total", "a + b")}`,
    body: `
  let n = group / p.rows;
  let units = p.rows * p.depth;
  let first = (group % p.rows) * p.depth;
  let image = slots[n / call.lanes] * units;
  var mean = 0.0;
  ${LOOP} { mean = fma(y[image + first + i], gy[n * units + first + i], mean); }
  mean = total(lane, mean);
  ${LOOP} {
    let u = first + i;
    gx[n * units + u] = share(n, units, u, y[image + u] * (gy[n * units + u] - mean));
  }`,
  });
}
