import { stateCode } from "../deepfool_step/wgsl_state.js";
import { PICK_INVOCATIONS, pickNext } from "../top_classes/wgsl.js";
import { type Shader, shader } from "../webgpu/shader.js";

/**
 * `accepted` is ACCEPTED if the prediction at the point that a DeepFool run returns is another class than the one to leave,
 * else 0. Where a logit is infinite there, the run's own latest prediction counts; where one is NaN there is no answer and
 * `accepted` is UNANSWERED. One image, one workgroup.
 */
export const ACCEPTED = 1;
export const UNANSWERED = 2;

export const acceptShader: Shader<never> = shader<never>({
  name: "universal_accept",
  params: {},
  reads: { logits: "f32", state: "vec4u" },
  writes: { accepted: "u32" },
  extent: "images",
  invocations: PICK_INVOCATIONS,
  groups: "1u",
  declarations: `${pickNext}\n${stateCode}
var<workgroup> unsound: atomic<u32>;`,
  body: `
  for (var c = lane; c < call.classes; c += ${PICK_INVOCATIONS}u) {
    let found = unsoundness(logits[c]);
    if (found != 0u) { atomicOr(&unsound, found); }
  }
  let predicted = pick(0u, call.classes, START, lane).y;
  if (lane != 0u) { return; }
  let run = state[0];
  let found = atomicLoad(&unsound);
  let label = select(predicted, run.y, found != 0u);
  accepted[0] = select(select(0u, ${ACCEPTED}u, label != run.w), ${UNANSWERED}u, (found & UNDEFINED) != 0u);`,
});
