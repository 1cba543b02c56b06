import { stateCode } from "../deepfool_step/wgsl_state.js";
import { PICK_INVOCATIONS, pickNext } from "../top_classes/wgsl.js";
import { type Shader, shader } from "../webgpu/shader.js";

/**
 * `accepted` is 1 if the prediction at the point that a DeepFool run returns is another class than the one to leave,
 * else 0. Where a logit is not finite there, the run's own latest prediction counts. One image, one workgroup.
 */
export const acceptShader: Shader<never> = shader<never>({
  name: "universal_accept",
  params: {},
  reads: { logits: "f32", state: "vec4u" },
  writes: { accepted: "u32" },
  extent: "images",
  invocations: PICK_INVOCATIONS,
  groups: "1u",
  declarations: `${pickNext}\n${stateCode}
var<workgroup> infinite: atomic<u32>;`,
  body: `
  for (var c = lane; c < call.classes; c += ${PICK_INVOCATIONS}u) {
    if (!finite(logits[c])) { atomicStore(&infinite, 1u); }
  }
  let predicted = pick(0u, call.classes, START, lane).y;
  if (lane != 0u) { return; }
  let run = state[0];
  let label = select(predicted, run.y, atomicLoad(&infinite) != 0u);
  accepted[0] = select(0u, 1u, label != run.w);`,
});
