import { ROW_INVOCATIONS, rowReduction } from "../webgpu/row_reduction.js";
import { mapShader, type Shader, type Share, shader, shareParts } from "../webgpu/shader.js";

/** `y[n, o, i] = factor * sum_r x[n, o, r, i]`, one invocation a result, over rising r. */
export const reduceColumnsShader: Shader<"units" | "count" | "inner" | "factor"> = mapShader<
  "count" | "inner" | "factor"
>({
  name: "reduce_columns",
  params: { count: "u32", inner: "u32", factor: "f32" },
  reads: { x: "f32" },
  writes: { y: "f32" },
  extent: "images",
  body: `
  var place = n * p.units * p.count + u / p.inner * p.count * p.inner + u % p.inner;
  var sum = 0.0;
  for (var r = 0u; r < p.count; r++) {
    sum += x[place];
    place += p.inner;
  }
  y[at] = p.factor * sum;`,
});

/** The same where values of a sum lie side by side: a workgroup a result, its invocations' sums added by a tree. */
export const reduceRowsShader: Shader<"units" | "count" | "factor"> = shader<"units" | "count" | "factor">({
  name: "reduce_rows",
  params: { units: "u32", count: "u32", factor: "f32" },
  reads: { x: "f32" },
  writes: { y: "f32" },
  extent: "images",
  invocations: ROW_INVOCATIONS,
  groups: "extent * p.units",
  declarations: rowReduction("total", "a + b"),
  body: `
  var sum = 0.0;
  for (var r = lane; r < p.count; r += ${ROW_INVOCATIONS}u) { sum += x[group * p.count + r]; }
  sum = total(lane, sum);
  if (lane == 0u) { y[group] = p.factor * sum; }`,
});

/** `gx[n, o, r, i] = factor * gy[n, o, i]`; `results` are the units of gy for a cotangent. */
export function repeatScaledShader(
  share: Share,
): Shader<"units" | "results" | "count" | "inner" | "factor" | "low" | "high"> {
  const parts = shareParts(share);
  return mapShader<"results" | "count" | "inner" | "factor" | "low" | "high">({
    name: `repeat_scaled${parts.suffix}`,
    params: { results: "u32", count: "u32", inner: "u32", factor: "f32", low: "f32", high: "f32" },
    reads: { gy: "f32", ...parts.reads },
    writes: { gx: "f32" },
    extent: "cotangents",
    declarations: parts.code,
    body: `
  let result = u / (p.count * p.inner) * p.inner + u % p.inner;
  gx[at] = share(n, p.units, u, p.factor * gy[n * p.results + result]);`,
  });
}
