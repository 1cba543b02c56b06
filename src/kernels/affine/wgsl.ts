import { mapShader, type Shader } from "../webgpu/shader.js";

/**
 * `y = clamp(x * scale[c] + offset[c], low, high)` with `c = u mod period`; NaN stays NaN. `vector`: units and period in
 * elements of four.
 */
export function affineShader({
  vector,
}: {
  readonly vector: boolean;
}): Shader<"units" | "period" | "low" | "high"> {
  const type = vector ? "vec4f" : "f32";
  return mapShader<"period" | "low" | "high">({
    name: `affine${vector ? "_c4" : ""}`,
    params: { period: "u32", low: "f32", high: "f32" },
    reads: { x: type, scale: type, offset: type },
    writes: { y: type },
    extent: "images",
    body: `
  let c = u % p.period;
  let sum = fma(x[at], scale[c], offset[c]);
  let raised = select(sum, ${type}(p.low), sum < ${type}(p.low));
  y[at] = select(raised, ${type}(p.high), raised > ${type}(p.high));`,
  });
}
