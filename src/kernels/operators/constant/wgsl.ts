import { mapShader, type Shader } from "../../webgpu/shader.js";

/** `y[n][u] = data[u]`: a value of the model itself, once for each image. */
export const constantShader: Shader<"units"> = mapShader({
  name: "constant",
  params: {},
  reads: { data: "f32" },
  writes: { y: "f32" },
  extent: "images",
  body: "  y[at] = data[u];",
});
