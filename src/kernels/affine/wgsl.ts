import { mapShader, type Shader } from "../webgpu/shader.js";

/** `y = clamp(x * scale[c] + offset[c], low, high)` with `c = u mod period`; NaN stays NaN. */
export const affineShader: Shader<"units" | "period" | "low" | "high"> = mapShader({
  name: "affine",
  params: { period: "u32", low: "f32", high: "f32" },
  reads: { x: "f32", scale: "f32", offset: "f32" },
  writes: { y: "f32" },
  extent: "images",
  body: `
  let c = u % p.period;
  let sum = fma(x[at], scale[c], offset[c]);
  let raised = select(sum, p.low, sum < p.low);
  y[at] = select(raised, p.high, raised > p.high);`,
});
