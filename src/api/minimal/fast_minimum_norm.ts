import type { Search } from "./question.js";
import { dot, normOf, type Placed, type Trail } from "./trail.js";

/**
 * FMN, fast minimum-norm (NeurIPS 2021): gradient steps inside a ball whose radius grows while the point does not fool and
 * shrinks while it does. With margin L, its gradient g and 1/p + 1/q = 1:
 *
 *     d = 0, radius = infinity; for i = 0 .. S - 1:
 *       h = (1 + cos(pi i / S)) / 2,  A = (.01 + .99 h) unit,  gamma = .001 + .049 h
 *       radius = min(radius (1 - gamma), best norm)         x0 + d fools
 *                radius (1 + gamma)                         it does not, another did
 *                ||d||_p + |L| / ||g||_q                    none did
 *       d = d + A g / ||g||_2;  project onto the p-ball of that radius;  clip x0 + d
 *
 * and the last point is judged too. A d inside the ball stays where it is. Where g = 0 there is no step: once that leaves the
 * point where it is the search ends.
 *
 * One thing is not as published: while none fools the radius grows by 1 + gamma at least. The distance estimated to the boundary
 * leads onto it, where a linear piece ties and the label is still the old one, and clipping takes part of the step, so that the
 * point would come ever nearer and never be across (17 of 64 images of MNIST, 100 steps).
 *
 * @param start the image itself; or a point near a minimum, to go on from with a small unit
 * @param unit of the steps: published for pixels in [0, 1], so the width of the range
 */
export function* fastMinimumNorm(trail: Trail, start: Placed, steps: number, unit: number): Search<void> {
  const { norm } = trail.terms;
  let { point, perturbation: d } = start;
  let radius = Infinity;
  for (let i = 0; i < steps; i++) {
    const h = (1 + Math.cos((Math.PI * i) / steps)) / 2;
    const length = (0.01 + 0.99 * h) * unit;
    const gamma = 0.001 + 0.049 * h;
    const slope = yield* trail.slope(point);
    trail.iterations++;
    const at = trail.keep({ point, perturbation: d }, slope);
    const { w: g, margin } = slope;
    if (at.fools) radius = Math.min(radius * (1 - gamma), trail.best?.norm ?? Infinity);
    else if (trail.best) radius *= 1 + gamma;
    else if (!trail.starved)
      radius = Math.max(
        at.norm + Math.abs(margin) / normOf(g, norm === 2 ? 2 : 1),
        radius === Infinity ? 0 : radius * (1 + gamma),
      );
    const scale = trail.starved ? 0 : length / Math.sqrt(dot(g, g));
    const moved = Float64Array.from(d, (value, j) => (scale === 0 ? value : value + scale * g[j]));
    projectOnto(moved, radius, norm);
    const next = trail.place(moved);
    if (!next.finite || (trail.starved && next.point.every((x, j) => x === point[j]))) return;
    ({ point, perturbation: d } = next);
  }
  yield* trail.judge(Float64Array.from(d));
}

/** Onto the p-ball around 0, in place; what is inside stays. */
function projectOnto(d: Float64Array, radius: number, norm: 2 | typeof Infinity): void {
  const length = normOf(d, norm);
  if (!(length > radius)) return;
  for (let i = 0; i < d.length; i++)
    d[i] = norm === 2 ? d[i] * (radius / length) : Math.min(Math.max(d[i], -radius), radius);
}
