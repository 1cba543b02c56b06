import { stateCode } from "../deepfool_step/wgsl_state.js";
import { PICK_INVOCATIONS, pickNext } from "../top_classes/wgsl.js";
import { type Shader, shader } from "../webgpu/shader.js";

/** The label of an image without an answer. */
export const NO_LABEL = 0xffffffff;

/** The prediction of each image, `argmax` of its logits, or NO_LABEL where a logit is NaN. One workgroup an image. */
export const labelShader: Shader<never> = shader<never>({
  name: "universal_label",
  params: {},
  reads: { logits: "f32" },
  writes: { labels: "u32" },
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
  labels[group] = select(predicted, ${NO_LABEL}u, (atomicLoad(&unsound) & UNDEFINED) != 0u);`,
});
