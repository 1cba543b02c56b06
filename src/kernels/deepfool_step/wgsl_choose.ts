import { type Shader, shader } from "../webgpu/shader.js";
import { CHOSEN_KEPT, stateCode } from "./wgsl_state.js";

const INVOCATIONS = 64;

const params = {
  candidates: "u32",
  stride: "u32",
  /** 2: the l2 step; else the one for infinity. */
  norm: "u32",
  distanceOffset: "f32",
  normOffset: "f32",
} as const;

/**
 * The candidate whose linearised boundary is nearest and the scale of the step to it, as `chooseCandidate` and
 * `stepScale` have it; an image without a step is finished. One workgroup a running image; the least distance by a
 * tree, of equals the first.
 */
export const chooseShader: Shader<keyof typeof params> = shader({
  name: "deepfool_choose",
  params,
  reads: { logits: "f32", slots: "u32", candidates: "u32", norms: "f32" },
  writes: { moves: "vec4u", state: "vec4u", chosen: "u32" },
  extent: "running",
  invocations: INVOCATIONS,
  groups: "extent",
  declarations: `${stateCode}
var<workgroup> distances: array<f32, ${INVOCATIONS}>;
var<workgroup> lanes: array<u32, ${INVOCATIONS}>;
var<workgroup> infinite: atomic<u32>;
const FAR = 3.4028234e38;`,
  body: `
  var taken = moves[group];
  let first = taken.x * p.candidates;
  let start = slots[group] * call.classes;
  let base = logits[start + candidates[first]];
  var nearest = FAR;
  var nearest_lane = NO_STEP;
  for (var k = lane; k + 1u < p.candidates; k += ${INVOCATIONS}u) {
    let gap = abs(logits[start + candidates[first + k + 1u]] - base);
    let length = norms[group * p.stride + k];
    if (!finite(gap) || !finite(length)) { atomicStore(&infinite, 1u); }
    if (length == 0.0) { continue; }
    let distance = gap / (length + p.normOffset);
    if (distance < nearest) {
      nearest = distance;
      nearest_lane = k;
    }
  }
  distances[lane] = nearest;
  lanes[lane] = nearest_lane;
  for (var width = ${INVOCATIONS / 2}u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) {
      let other = distances[lane + width];
      if (other < distances[lane] || (other == distances[lane] && lanes[lane + width] < lanes[lane])) {
        distances[lane] = other;
        lanes[lane] = lanes[lane + width];
      }
    }
  }
  if (lane != 0u) { return; }
  var scale = 0.0;
  let l = lanes[0];
  if (l != NO_STEP && atomicLoad(&infinite) == 0u) {
    let length = norms[group * p.stride + l] + p.normOffset;
    var gap = abs(logits[start + candidates[first + l + 1u]] - base);
    if (gap == 0.0 && p.distanceOffset == 0.0) {
      gap = ${2 ** -20} * select(abs(base), length, base == 0.0);
    }
    let distance = gap / length + p.distanceOffset;
    scale = select(distance, distance / length, p.norm == 2u);
  }
  if (scale == 0.0 || !finite(scale)) {
    state[taken.x].z |= FINISHED;
    return;
  }
  taken.y = l;
  taken.z = bitcast<u32>(scale);
  moves[group] = taken;
  chosen[taken.x * ${CHOSEN_KEPT}u + state[taken.x].x % ${CHOSEN_KEPT}u] = candidates[first + l + 1u];`,
});
