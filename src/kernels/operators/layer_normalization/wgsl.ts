import { ROW_INVOCATIONS, rowReduction } from "../../webgpu/row_reduction.js";
import { type Shader, type Share, shader, shareParts } from "../../webgpu/shader.js";

/** What both kernels have: a workgroup takes a row, an invocation every 64th value of it. */
const PARAMS = { rows: "u32", depth: "u32" } as const;
const LOOP = `for (var i = lane; i < p.depth; i += ${ROW_INVOCATIONS}u)`;

/**
 * `y[r, i] = n[r, i] scale[i] + bias[i]`, `n[r, i] = (x[r, i] - m[r]) rate[r]`, `rate[r] = 1 / sqrt(variance[r] + epsilon)`. An invocation's
 * terms are added in order, then by a tree. `kept` gets n and behind it the rate, row by row.
 */
export function layerNormalizationShader(keeps: boolean): Shader<"rows" | "depth" | "epsilon"> {
  return shader<"rows" | "depth" | "epsilon">({
    name: `layer_normalization${keeps ? "_keep" : ""}`,
    params: { ...PARAMS, epsilon: "f32" },
    reads: { x: "f32", scale: "f32", bias: "f32" },
    writes: { y: "f32", ...(keeps && { kept: "f32" as const }) },
    extent: "images",
    invocations: ROW_INVOCATIONS,
    groups: "extent * p.rows",
    declarations: rowReduction("total", "a + b"),
    body: `
  let first = group * p.depth;
  var sum = 0.0;
  ${LOOP} { sum += x[first + i]; }
  let mean = total(lane, sum) / f32(p.depth);
  sum = 0.0;
  ${LOOP} {
    let distance = x[first + i] - mean;
    sum = fma(distance, distance, sum);
  }
  let rate = 1.0 / sqrt(total(lane, sum) / f32(p.depth) + p.epsilon);
  ${LOOP} {
    let n = (x[first + i] - mean) * rate;
    y[first + i] = fma(n, scale[i], bias[i]);
${keeps ? "    kept[group * (p.depth + 1u) + i] = n;" : ""}
  }
${keeps ? "  if (lane == 0u) { kept[group * (p.depth + 1u) + p.depth] = rate; }" : ""}`,
  });
}

/** `gx[r, i] = rate[r] (g[i] - 1/C sum_j g[j] - n[i] 1/C sum_j n[j] g[j])`, `g[i] = scale[i] gy[r, i]`. */
export function layerNormalizationVjpShader(share: Share): Shader<"rows" | "depth" | "low" | "high"> {
  const parts = shareParts(share);
  return shader<"rows" | "depth" | "low" | "high">({
    name: `layer_normalization_vjp${parts.suffix}`,
    params: { ...PARAMS, low: "f32", high: "f32" },
    reads: { gy: "f32", kept: "f32", scale: "f32", ...parts.reads, slots: "u32" },
    writes: { gx: "f32" },
    extent: "cotangents",
    invocations: ROW_INVOCATIONS,
    groups: "extent * p.rows",
    declarations: `
${parts.code}
${rowReduction("total", "a + b", "vec2f")}`,
    body: `
  let n = group / p.rows;
  let row = group % p.rows;
  let units = p.rows * p.depth;
  let first = row * p.depth;
  let normalised = (slots[n / call.lanes] * p.rows + row) * (p.depth + 1u);
  var sums = vec2f();
  ${LOOP} {
    let g = scale[i] * gy[n * units + first + i];
    sums += vec2f(g, g * kept[normalised + i]);
  }
  let means = total(lane, sums) / f32(p.depth);
  let rate = kept[normalised + p.depth];
  ${LOOP} {
    let u = first + i;
    let g = scale[i] * gy[n * units + u];
    gx[n * units + u] = share(n, units, u, rate * (g - means.x - kept[normalised + i] * means.y));
  }`,
  });
}
