import { mapShader, type Shader } from "../webgpu/shader.js";

/** Cotangents of the logits that give the gradient of logit `wanted[n]`: a one there, zeros elsewhere. */
export const seedsShader: Shader<"units"> = mapShader({
  name: "seeds",
  params: {},
  reads: { wanted: "u32" },
  writes: { y: "f32" },
  extent: "cotangents",
  body: "  y[at] = select(0.0, 1.0, u == wanted[n]);",
});
