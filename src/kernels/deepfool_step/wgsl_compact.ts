import { type Shader, shader } from "../webgpu/shader.js";
import { stateCode } from "./wgsl_state.js";

const INVOCATIONS = 256;

/**
 * Lists the images that go on, in order, by a prefix sum over the images of the forward pass; their number becomes
 * `call.running`. One workgroup.
 */
export const compactShader: Shader<never> = shader<never>({
  name: "deepfool_compact",
  params: {},
  reads: { state: "vec4u", ids: "u32" },
  writes: { slots: "u32", moves: "vec4u" },
  extent: "images",
  writesCall: true,
  invocations: INVOCATIONS,
  groups: "1u",
  declarations: `${stateCode}
var<workgroup> sums: array<u32, ${INVOCATIONS}>;
var<workgroup> total: u32;`,
  body: `
  if (lane == 0u) { total = call.images; }
  let images = workgroupUniformLoad(&total);
  var listed = 0u;
  for (var first = 0u; first < images; first += ${INVOCATIONS}u) {
    let slot = first + lane;
    var goes_on = false;
    var id = 0u;
    if (slot < images) {
      id = ids[slot];
      goes_on = (state[id].z & FINISHED) == 0u;
    }
    sums[lane] = select(0u, 1u, goes_on);
    for (var width = 1u; width < ${INVOCATIONS}u; width *= 2u) {
      workgroupBarrier();
      var sum = sums[lane];
      if (lane >= width) { sum += sums[lane - width]; }
      workgroupBarrier();
      sums[lane] = sum;
    }
    workgroupBarrier();
    if (goes_on) {
      let at = listed + sums[lane] - 1u;
      slots[at] = slot;
      moves[at] = vec4u(id, NO_STEP, 0u, 0u);
    }
    listed += sums[${INVOCATIONS - 1}];
    workgroupBarrier();
  }
  if (lane == 0u) { call.running = listed; }`,
});

/** The images that moved are those of the next forward pass. One workgroup. */
export const advanceShader: Shader<never> = shader<never>({
  name: "deepfool_advance",
  params: {},
  reads: { moves: "vec4u" },
  writes: { ids: "u32" },
  extent: "running",
  writesCall: true,
  invocations: INVOCATIONS,
  groups: "1u",
  body: `
  for (var j = lane; j < extent; j += ${INVOCATIONS}u) { ids[j] = moves[j].x; }
  if (lane == 0u) { call.images = extent; }`,
});
