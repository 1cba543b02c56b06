import { nearestOnPlane } from "./nearest_on_plane.js";
import type { Search } from "./question.js";
import { type Candidate, dot, type Trail } from "./trail.js";

/** Steps; a gradient each. */
const STEPS = 24;
/** A step that gains less than this share of the norm is the last. */
const GAIN = 1e-3;
const SHORTEST = 1 / 64;
/** Points that are judged on a ray in search of the boundary. */
const TRIES = 3;
/** How much farther than the linearised boundary the next point on a ray lies, as a share of the distance. */
const BEYOND = 0.1;

/**
 * Along the boundary towards the image. The minimal r ends on the boundary and is parallel to its normal there; what DeepFool
 * finds is on the boundary. From a point x0 + r that fools, with margin m and its gradient w there:
 *
 *     r* = argmin ||r'||_p of <w, r'> = <w, r> - m, within bounds        the image projected onto the linearised boundary
 *     q  = r + a (r* - r)                                                 a = 1, halved until something shorter fools
 *     r  = s q, s near 1 such that x0 + s q fools                         from the margin at q, in a few forward passes
 *
 * r* is the step of SuperDeepFool, of which only as much is taken as the boundary's curvature lets through. No step makes r
 * longer, and an r that is parallel to w has none.
 *
 * @param from fools
 * @returns what it comes to, which fools
 */
export function* descend(trail: Trail, from: Candidate): Search<Candidate> {
  const { norm, bounds } = trail.terms;
  let at = from;
  let share = 1;
  for (let step = 0; step < STEPS; step++) {
    const { w, margin } = yield* trail.slope(at.point);
    if (trail.starved) break;
    trail.iterations++;
    const { perturbation: r } = at;
    const flat = nearestOnPlane(trail.image, w, dot(w, r) - margin, norm, bounds);
    if (flat === undefined) break;
    let next: Candidate | undefined;
    for (;;) {
      const a = share;
      const q = flat.map((value, i) => r[i] + a * (value - r[i]));
      next = yield* crossing(trail, q, dot(w, q), at.norm);
      if (next !== undefined || share <= SHORTEST) break;
      share /= 2;
    }
    if (next === undefined) break;
    const gained = at.norm - next.norm;
    at = next;
    if (gained < GAIN * at.norm) break;
    share = Math.min(1, 2 * share);
  }
  return at;
}

/**
 * A point of the ray image + s q that fools and is shorter than `below`, if a few tries find one: each at the boundary of a
 * margin that grows by `growth` along q.
 */
function* crossing(
  trail: Trail,
  q: Float64Array,
  growth: number,
  below: number,
): Search<Candidate | undefined> {
  let s = 1;
  for (let tries = 0; tries < TRIES; tries++) {
    const at = yield* trail.judge(q, s);
    if (at.norm >= below) return undefined;
    if (at.fools) return at;
    const missing = (-at.margin / growth) * (1 + BEYOND);
    if (!(missing > 0 && missing < 1)) return undefined;
    s += missing;
  }
  return undefined;
}
