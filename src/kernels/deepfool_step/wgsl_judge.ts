import { PICK_INVOCATIONS, pickNext } from "../top_classes/wgsl.js";
import { type Shader, shader } from "../webgpu/shader.js";
import { stateCode } from "./wgsl_state.js";

/**
 * Judges the points that the last step led to: counts the step, takes the prediction, and finishes the image if it
 * is fooled or out of steps; undoes the step where the point or a logit is not finite, but where a logit is NaN at a finite
 * point the run has no answer. One workgroup an image of the forward pass.
 */
export const judgeShader: Shader<"steps"> = shader<"steps">({
  name: "deepfool_judge",
  params: { steps: "u32" },
  reads: { logits: "f32", ids: "u32", bad: "u32" },
  writes: { state: "vec4u" },
  extent: "images",
  invocations: PICK_INVOCATIONS,
  groups: "extent",
  declarations: `${pickNext}\n${stateCode}
var<workgroup> unsound: atomic<u32>;`,
  body: `
  let start = group * call.classes;
  for (var c = lane; c < call.classes; c += ${PICK_INVOCATIONS}u) {
    let found = unsoundness(logits[start + c]);
    if (found != 0u) { atomicOr(&unsound, found); }
  }
  let predicted = pick(start, call.classes, START, lane).y;
  if (lane != 0u) { return; }
  let id = ids[group];
  var s = state[id];
  if ((s.z & FINISHED) != 0u) { return; }
  let found = atomicLoad(&unsound);
  if (bad[id] != 0u || found == INFINITE) {
    s.z |= FINISHED | UNDONE;
  } else {
    s.x++;
    s.y = predicted;
    if (found != 0u) { s.z |= FINISHED | NOT_A_NUMBER; }
    if (predicted != s.w || s.x >= p.steps) { s.z |= FINISHED; }
  }
  state[id] = s;`,
});
