import { type BallNorm, project } from "../../kernels/projection/reference.js";
import type { Tiling } from "./tiling.js";

/**
 * v, and steps up a direction d of `[D]` that stay in its ball:
 *
 *     p = infinity:  v <- project(v + a sign(d))         sign(0) = 0
 *     p = 2:         v <- project(v + a d / ||d||_2)
 *
 * a is in the units of the images; v is float32, rounded once a step. Under a tiling d is the direction of the patch: the sum
 * over the tiles, at each of them.
 */
export class Ascent {
  constructor(
    readonly v: Float32Array,
    readonly radius: number,
    readonly norm: BallNorm,
    readonly tiling: Tiling,
  ) {}

  /** A step of length `a`; nothing where d is 0. False if v did not change. */
  step(direction: Float64Array, a: number): boolean {
    const { v, norm, radius } = this;
    const scale = norm === 2 ? a / lengthOf(direction, 2) : a;
    if (!Number.isFinite(scale)) return false;
    const before = v.slice();
    for (let i = 0; i < v.length; i++) v[i] += scale * (norm === 2 ? direction[i] : Math.sign(direction[i]));
    project(v, radius, norm);
    return v.some((value, i) => value !== before[i]);
  }

  /** The same ascent from another v. */
  from(v: Float32Array): Ascent {
    return new Ascent(v, this.radius, this.norm, this.tiling);
  }
}

/** ||d||_1 or ||d||_2. */
export function lengthOf(d: Float32Array | Float64Array, norm: 1 | 2): number {
  let sum = 0;
  for (const x of d) sum += norm === 1 ? Math.abs(x) : x * x;
  return norm === 1 ? sum : Math.sqrt(sum);
}
