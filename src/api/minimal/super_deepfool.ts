import { deepfoolFor } from "./deepfool.js";
import { nearestOnPlane } from "./nearest_on_plane.js";
import type { Search } from "./question.js";
import { dot, type Trail } from "./trail.js";

export const NO_BOUNDS = [-Infinity, Infinity] as const;
const BISECTIONS = 10;

/**
 * SuperDeepFool, SDF(inf, 1) (NeurIPS 2024). The minimal r ends on the boundary and is parallel to its normal there; DeepFool
 * sees to the first. Rounds, while argmax f(x) = k0:
 *
 *     x' = DeepFool from x;  w = grad f_t(x') - grad f_k0(x')                   t = argmax f(x')
 *     x  = x0 + <x' - x0, w> / ||w||_2^2 w           p = 2                       (p = infinity: / ||w||_1 sign(w))
 *
 * then the shortest point seen that fools, every x' among them, is bisected towards x0. Where w = 0, or the scale is not
 * positive, the rounds end.
 */
export function* superDeepfool(trail: Trail, rounds: number): Search<void> {
  let at = yield* deepfoolFor(trail, trail.image);
  for (let round = 1; at.fools; round++) {
    const { w } = yield* trail.slope(at.point);
    if (trail.starved) break;
    trail.iterations++;
    const r = nearestOnPlane(trail.image, w, dot(w, at.perturbation), trail.terms.norm, NO_BOUNDS);
    if (r === undefined) break;
    const projected = yield* trail.judge(r);
    if (projected.fools || projected.margin === -Infinity || round === rounds) break;
    at = yield* deepfoolFor(trail, projected.point);
  }
  yield* bisect(trail);
}

/** Bisects the best point towards the image; the fooled end is kept. */
export function* bisect(trail: Trail): Search<void> {
  const { best } = trail;
  if (best === undefined) return;
  const r = Float64Array.from(best.perturbation);
  let [low, high] = [0, 1];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if ((yield* trail.judge(r, middle)).fools) high = middle;
    else low = middle;
  }
}
