/**
 * What the DeepFool kernels on the device keep of a run, by image of the run (`id`) unless said otherwise:
 *
 * - `state`: (steps taken, latest prediction, flags, class to leave);
 * - `candidates`: K classes, the one to leave first;
 * - `ids`: by image of the forward pass, which image of the run it is;
 * - `moves`: by running image, (id, lane of the chosen candidate or NO_STEP, bits of the step's scale, 0);
 * - `chosen`: the class taken at each of the last {@link CHOSEN_KEPT} steps, by step mod that;
 * - `bad`: 1 where the point is not finite.
 */
export const CHOSEN_KEPT = 8;

/** Flags of `state`. */
export const FINISHED = 1;
/** The last step led to where the network has no finite answer, and is undone. */
export const UNDONE = 2;
/** A logit was NaN at a point whose pixels are finite: the run has no answer. The step that led there is counted. */
export const NOT_A_NUMBER = 4;

export const stateCode = `
const FINISHED = ${FINISHED}u;
const UNDONE = ${UNDONE}u;
const NOT_A_NUMBER = ${NOT_A_NUMBER}u;
const NO_STEP = 0xffffffffu;
/** Of scores: 1 if one is not finite, and 2 if one is NaN. */
const INFINITE = 1u;
const UNDEFINED = 2u;
fn unsoundness(x: f32) -> u32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  return select(0u, INFINITE, magnitude >= 0x7f800000u) | select(0u, UNDEFINED, magnitude > 0x7f800000u);
}
fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }`;
