import { PICK_INVOCATIONS, pickNext } from "../top_classes/wgsl.js";
import { type Shader, shader } from "../webgpu/shader.js";
import { stateCode } from "./wgsl_state.js";

/**
 * Begins a run at the images themselves: candidates are the class to leave, `given` or else the prediction, and then
 * the others by descending logit, ties to the lower index. An image whose prediction is another one already is
 * finished, and so is one with a logit that is NaN. One workgroup an image.
 */
export const startShader: Shader<"candidates" | "steps"> = shader<"candidates" | "steps">({
  name: "deepfool_start",
  params: { candidates: "u32", steps: "u32" },
  reads: { logits: "f32", given: "u32" },
  writes: { candidates: "u32", state: "vec4u" },
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
  var next = pick(start, call.classes, START, lane);
  let predicted = next.y;
  let label = select(given[group], predicted, given[group] >= call.classes);
  if (lane == 0u) {
    let over = predicted != label || p.steps == 0u;
    var flags = select(0u, FINISHED, over);
    if ((atomicLoad(&unsound) & UNDEFINED) != 0u) { flags = FINISHED | NOT_A_NUMBER; }
    state[group] = vec4u(0u, predicted, flags, label);
    candidates[group * p.candidates] = label;
  }
  var k = 1u;
  for (var i = 0u; i < call.classes && k < p.candidates; i++) {
    if (next.y != label) {
      if (lane == 0u) { candidates[group * p.candidates + k] = next.y; }
      k++;
    }
    next = pick(start, call.classes, next, lane);
  }`,
});
