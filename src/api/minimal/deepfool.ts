import { PROFILES } from "../../kernels/deepfool_step/profiles.js";
import { addStep, dualNorm, stepScale } from "../../kernels/deepfool_step/reference.js";
import { differenceNorms } from "../../kernels/row_norms/reference.js";
import { topClasses } from "../../kernels/top_classes/reference.js";
import { deepfoolFrom, rowsAt, type Search, scoresAt } from "./question.js";
import type { Candidate, Trail } from "./trail.js";

const RULES = PROFILES.lts4;

/** How much farther a run goes that ended just before the boundary. */
const BEYOND = [2 ** -12, 2 ** -9, 2 ** -6];

/**
 * DeepFool from `start` to the goal, profile `lts4`: away from the label by the engine's own loop, or towards the target. What
 * it comes to is kept if it fools.
 *
 * Where clipping takes part of every step, a run comes to the boundary by ever shorter steps, and to where float32 tells them
 * from none (a GPU has no float64) before it is across. Its r is then grown by up to 2^-6.
 */
export function* deepfoolFor(trail: Trail, start: Float32Array): Search<Candidate> {
  if (trail.target !== undefined) return yield* targetedDeepfool(trail, start, trail.target);
  const { classes, deepfoolSteps } = trail.terms;
  const run = yield* deepfoolFrom(start);
  trail.iterations += run.iterations;
  trail.gradients += run.iterations * classes;
  trail.starved = run.label === trail.label && run.iterations < deepfoolSteps;
  const r = difference(run.adversarial, trail.image);
  const placed = { point: run.adversarial, perturbation: run.perturbation };
  // r as `deepfool` returns it, where it starts at the image.
  let at = start === trail.image ? trail.keep(placed, yield* scoresAt(placed.point)) : yield* trail.judge(r);
  for (const more of trail.starved && at.norm > 0 ? BEYOND : []) {
    at = yield* trail.judge(r, 1 + more);
    if (at.fools) break;
  }
  return at;
}

/**
 * DeepFool towards a class t. While argmax f(x) != t and fewer than `steps` steps are taken:
 *
 *     w_k = grad f_t(x) - grad f_k(x)            k of the K largest logits at x, f_k(x) >= f_t(x), k != t
 *     l   = argmax_k (f_k(x) - f_t(x)) / ||w_k||_q                              the half-space that is violated most
 *     r  += (f_l - f_t) / ||w_l||_2^2 w_l        p = 2                          (p = infinity: / ||w_l||_1 sign(w_l))
 *     x   = clip(start + (1 + overshoot) r)
 *
 * The candidates are those of the point, so that the class that stands in the way is always one of them. A candidate with
 * ||w_k|| = 0 is passed over; if none is left, or a gradient or logit is not finite, the run ends where it is.
 */
function* targetedDeepfool(trail: Trail, start: Float32Array, target: number): Search<Candidate> {
  const { norm, classes, overshoot, deepfoolSteps } = trail.terms;
  const size = start.length;
  // Steps count from the start, points from the image.
  const offset = difference(start, trail.image);
  const r = new Float64Array(size);
  let at = yield* trail.judge(offset);
  for (let step = 0; step < deepfoolSteps && !at.fools; step++) {
    const { logits } = at;
    const ahead = topClasses(logits, 0, logits.length, classes).filter(
      (k) => k !== target && logits[k] >= logits[target],
    );
    const { rows } = yield* rowsAt(at.point, Int32Array.of(target, ...ahead));
    trail.gradients += 1 + ahead.length;
    const norms = differenceNorms(rows, 0, 1 + ahead.length, size, dualNorm(norm));
    const gaps = Float64Array.of(logits[target], ...Array.from(ahead, (k) => logits[k]));
    const chosen = mostViolated(gaps, norms);
    const scale = chosen === 0 ? 0 : stepScale(RULES, norm, gaps, chosen, norms[chosen]);
    trail.starved = scale === 0;
    if (trail.starved) break;
    addStep(RULES, norm, scale, rows, 0, chosen * size, r);
    const moved = offset.map((value, i) => value + (1 + overshoot) * r[i]);
    const next = yield* trail.judge(moved);
    if (next.margin === -Infinity) {
      trail.starved = true;
      break;
    }
    trail.iterations++;
    at = next;
  }
  return at;
}

/** The candidate whose half-space is farthest, of those that have a gradient, or 0. */
function mostViolated(logits: Float64Array, norms: Float64Array): number {
  let [farthest, chosen] = [-1, 0];
  for (let k = 1; k < logits.length; k++) {
    const gap = logits[k] - logits[0];
    if (!Number.isFinite(gap) || !Number.isFinite(norms[k])) return 0;
    if (norms[k] === 0 || !(gap / norms[k] > farthest)) continue;
    farthest = gap / norms[k];
    chosen = k;
  }
  return chosen;
}

function difference(a: Float32Array, b: Float32Array): Float64Array {
  return Float64Array.from(a, (x, i) => x - b[i]);
}
