import { clampCode } from "../webgpu/not_a_number.js";
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
    declarations: clampCode(type),
    body: `
  let c = u % p.period;
  y[at] = clamped(fma(x[at], scale[c], offset[c]));`,
  });
}
