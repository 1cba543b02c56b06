import { type Shader, shader } from "../webgpu/shader.js";

const INVOCATIONS = 64;

/**
 * Order of scores as an unsigned number: larger scores have larger keys, both zeros the same, NaN that of -infinity, as in
 * `reference.ts`; and `pick`, by which a whole workgroup finds the next class in the order (score descending, index ascending).
 */
export const pickNext = `
var<workgroup> keys: array<u32, ${INVOCATIONS}>;
var<workgroup> indices: array<u32, ${INVOCATIONS}>;
fn key_of(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return 0x007fffffu; }
  if (magnitude == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
/** True if class (a, i) comes before class (b, j). */
fn before(a: u32, i: u32, b: u32, j: u32) -> bool {
  return a > b || (a == b && i < j);
}
/** The first class after the last one in the order, in every invocation: (key, index), index count if none. */
fn pick(start: u32, count: u32, last: vec2u, lane: u32) -> vec2u {
  var best = vec2u(0u, count);
  for (var c = lane; c < count; c += ${INVOCATIONS}u) {
    let key = key_of(logits[start + c]);
    if (before(last.x, last.y, key, c) && before(key, c, best.x, best.y)) { best = vec2u(key, c); }
  }
  keys[lane] = best.x;
  indices[lane] = best.y;
  for (var width = ${INVOCATIONS / 2}u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width && before(keys[lane + width], indices[lane + width], keys[lane], indices[lane])) {
      keys[lane] = keys[lane + width];
      indices[lane] = indices[lane + width];
    }
  }
  return vec2u(workgroupUniformLoad(&keys[0]), workgroupUniformLoad(&indices[0]));
}
/** Comes before every class. */
const START = vec2u(0xffffffffu, 0u);`;

export const PICK_INVOCATIONS = INVOCATIONS;

/** The `lanes` classes of each image with the largest logits, largest first, ties to the lower index. */
export const topClassesShader: Shader<never> = shader<never>({
  name: "top_classes",
  params: {},
  reads: { logits: "f32" },
  writes: { wanted: "u32" },
  extent: "images",
  invocations: INVOCATIONS,
  groups: "extent",
  declarations: pickNext,
  body: `
  var last = START;
  for (var k = 0u; k < call.lanes; k++) {
    last = pick(group * call.classes, call.classes, last, lane);
    if (lane == 0u) { wanted[group * call.lanes + k] = last.y; }
  }`,
});
