import { type Shader, spanShader } from "../webgpu/shader.js";

/**
 * `points = clip(points + factor v)` in place, v one image: with factor 1 what the network judges of an image and v, as
 * `shiftImage` has it, with factor 0 the image itself.
 */
export const shiftShader: Shader<"units" | "factor" | "low" | "high"> = spanShader<"factor" | "low" | "high">(
  {
    name: "universal_shift",
    params: { factor: "f32", low: "f32", high: "f32" },
    reads: { v: "f32" },
    writes: { points: "f32" },
    extent: "images",
    body: `
  points[at] = clamp(points[at] + p.factor * v[u], p.low, p.high);`,
  },
);
