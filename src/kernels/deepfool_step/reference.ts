/**
 * One DeepFool step of one image (arXiv:1511.04599, Algorithm 2 and section 2.3):
 *
 *     w_k = grad f_k(x) - grad f_0(x),  d_k = f_k(x) - f_0(x)                k = 1 .. K-1
 *     l   = argmin_k |d_k| / (||w_k||_q + normOffset)                        1/p + 1/q = 1, first of equals
 *     r  += s w_l        s = distance / (||w_l||_2 + normOffset)             p = 2
 *     r  += s sign(w_l)  s = distance                                        p = infinity
 *     distance = |d_l| / (||w_l||_q + normOffset) + distanceOffset
 *
 * Candidate 0 is the class to leave; the others are the remaining candidates in any fixed order. The profile
 * (`profiles.ts`) gives the offsets. f, w: float32 from the engine; everything computed here is float64.
 *
 * Two cases that the papers leave open:
 * - A candidate with ||w_k|| = 0 can never be reached and is passed over. If none is left, or any d_k or
 *   ||w_k|| is not finite, there is no step (`chooseCandidate` returns 0) and the image is finished.
 * - Where the logits tie (d_l = 0) although the prediction has not changed, the published step has length
 *   zero and would be repeated for ever. There |d_l| counts as {@link tiedLogitGap}, the size of the rounding
 *   of a logit, which moves x across the boundary within a few steps. Profiles with a distance offset have
 *   no need of it.
 *
 * Cost per image: 3 K D flops for the norms (`../row_norms`), 3 D for the step. Error: float64 arithmetic on
 * float32 data, so a relative error of about D * 2^-53, far below that of the gradients themselves.
 */
import { type DualNorm, differenceNorms } from "../row_norms/reference.js";
import type { ProfileRules } from "./profiles.js";

/** The norm p that measures the perturbation. */
export type StepNorm = 2 | typeof Infinity;

/** q of ||w||_q: 2 for p = 2, 1 for p = infinity. */
export function dualNorm(norm: StepNorm): DualNorm {
  return norm === 2 ? 2 : 1;
}

/**
 * The candidate whose linearised boundary is nearest, 1 .. K-1, or 0 if there is no step to take.
 *
 * @param logits logits of the K candidates at x, candidate 0 first
 * @param norms `||w_k||_q`, K values, of which the first is not read
 */
export function chooseCandidate(
  rules: ProfileRules,
  logits: ArrayLike<number>,
  norms: ArrayLike<number>,
): number {
  let nearest = Infinity;
  let chosen = 0;
  for (let k = 1; k < logits.length; k++) {
    const gap = Math.abs(logits[k] - logits[0]);
    if (!Number.isFinite(gap) || !Number.isFinite(norms[k])) return 0;
    if (norms[k] === 0) continue;
    const distance = gap / (norms[k] + rules.normOffset);
    if (distance < nearest) {
      nearest = distance;
      chosen = k;
    }
  }
  return chosen;
}

/**
 * s of the step: `r += s w` for p = 2, `r += s sign(w)` for p = infinity. 0 if it would overflow.
 *
 * @param chosen candidate from {@link chooseCandidate}, not 0
 * @param normOfChosen `||w_chosen||_q`
 */
export function stepScale(
  rules: ProfileRules,
  norm: StepNorm,
  logits: ArrayLike<number>,
  chosen: number,
  normOfChosen: number,
): number {
  const length = normOfChosen + rules.normOffset;
  let gap = Math.abs(logits[chosen] - logits[0]);
  if (gap === 0 && rules.distanceOffset === 0) gap = tiedLogitGap(logits[0], length);
  const distance = gap / length + rules.distanceOffset;
  const scale = norm === 2 ? distance / length : distance;
  return Number.isFinite(scale) ? scale : 0;
}

/** What |d_l| counts as where logits tie: 2^-20 of the logit, or of ||w|| where the logits are 0. */
export function tiedLogitGap(logit: number, norm: number): number {
  return 2 ** -20 * (Math.abs(logit) || norm);
}

/**
 * Adds one step to r.
 *
 * @param scale from {@link stepScale}
 * @param rows where w is: `w[i] = rows[row + i] - rows[base + i]`, or `rows[row + i]` if `base` is undefined
 * @param r accumulated perturbation of the image, `[D]`, without the overshoot
 */
export function addStep(
  rules: ProfileRules,
  norm: StepNorm,
  scale: number,
  rows: Float32Array,
  row: number,
  base: number | undefined,
  r: Float64Array,
): void {
  for (let i = 0; i < r.length; i++) {
    const w = base === undefined ? rows[row + i] : rows[row + i] - rows[base + i];
    const next = r[i] + scale * (norm === 2 ? w : Math.sign(w));
    r[i] = rules.roundsPerturbation ? Math.fround(next) : next;
  }
}

/**
 * Writes the point `x = clip(x0 + perturbation)` with `perturbation = factor r`, both rounded to float32, so that an
 * image plus its perturbation is the very point that the network judged. Where clipping binds, the perturbation
 * is what is left of it, `bound - x0`; without bounds nothing is clipped.
 *
 * @param factor 1 + overshoot, or 1
 */
export function writePoint(
  x0: Float32Array,
  r: Float64Array,
  factor: number,
  bounds: readonly [number, number] | undefined,
  x: Float32Array,
  perturbation: Float32Array,
): void {
  for (let i = 0; i < r.length; i++) {
    perturbation[i] = factor * r[i];
    x[i] = x0[i] + perturbation[i];
    if (bounds === undefined || (x[i] >= bounds[0] && x[i] <= bounds[1])) continue;
    perturbation[i] = clip(x[i], bounds) - x0[i];
    x[i] = clip(Math.fround(x0[i] + perturbation[i]), bounds);
  }
}

function clip(x: number, [low, high]: readonly [number, number]): number {
  return Math.min(Math.max(x, low), high);
}

/** What one whole step did: the candidate taken (0: none, r is unchanged) and the distance to its boundary. */
export interface Step {
  readonly chosen: number;
  readonly distance: number;
}

/**
 * The step that norms and logits of K candidates ask for: `Step`, and s of `r += s w` or `r += s sign(w)`.
 *
 * @param logits logits of the K candidates, candidate 0 first
 * @param norms `||w_k||_q`, K values, of which the first is not read
 */
export function nearestStep(
  rules: ProfileRules,
  norm: StepNorm,
  logits: ArrayLike<number>,
  norms: ArrayLike<number>,
): Step & { readonly scale: number } {
  const chosen = chooseCandidate(rules, logits, norms);
  const scale = chosen === 0 ? 0 : stepScale(rules, norm, logits, chosen, norms[chosen]);
  if (scale === 0) return { chosen: 0, distance: Infinity, scale };
  const distance = Math.abs(logits[chosen] - logits[0]) / (norms[chosen] + rules.normOffset);
  return { chosen, distance, scale };
}

/**
 * Norms, choice and update of one image: the whole step.
 *
 * @param jacobian gradients of the K candidates' logits, K rows of `r.length` values from `start`
 * @param logits logits of the K candidates, candidate 0 first
 */
export function takeStep(
  rules: ProfileRules,
  norm: StepNorm,
  jacobian: Float32Array,
  start: number,
  logits: ArrayLike<number>,
  r: Float64Array,
): Step {
  const size = r.length;
  const norms = differenceNorms(jacobian, start, logits.length, size, dualNorm(norm));
  const { chosen, distance, scale } = nearestStep(rules, norm, logits, norms);
  if (chosen > 0) addStep(rules, norm, scale, jacobian, start + chosen * size, start, r);
  return { chosen, distance };
}
