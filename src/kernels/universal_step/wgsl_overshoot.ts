import { stateCode } from "../deepfool_step/wgsl_state.js";
import { type Shader, spanShader } from "../webgpu/shader.js";

/**
 * The r that a finished DeepFool run returns, in place of the one that it has summed up: the last step undone where it
 * led nowhere, times `factor`, 1 + overshoot.
 */
export const overshootShader: Shader<"units" | "factor"> = spanShader<"factor">({
  name: "universal_overshoot",
  params: { factor: "f32" },
  reads: { state: "vec4u", before: "f32" },
  writes: { r: "f32" },
  extent: "images",
  declarations: stateCode,
  body: `
  var sum = r[at];
  if ((state[n].z & UNDONE) != 0u) { sum = before[at]; }
  r[at] = p.factor * sum;`,
});
