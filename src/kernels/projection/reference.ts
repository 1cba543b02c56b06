/**
 * Euclidean projection onto the l_p ball of a radius around 0, in place, p = 2 or infinity.
 *
 *     p = infinity:  v[i] <- sign(v[i]) min(|v[i]|, radius)         i = 0 .. D-1
 *     p = 2:         v    <- v min(1, radius / ||v||_2)
 *
 * Used after every update of a universal perturbation (arXiv:1610.08401, Algorithm 1; LTS4/universal
 * `proj_lp`). `v` is `[D]` float32 of any length, in the units of the radius. Cost: 2 D or 4 D flops.
 *
 * Guarantee: the result, a float32 vector, is inside the ball whose radius is the float64 number given (the
 * 2-ball: from radii of 1e-30 on, where no value is subnormal). So the
 * infinity bound is the radius rounded *down* to float32, and a vector outside the 2-ball is scaled to
 * radius (1 - 2^-24), because rounding each element may stretch the norm by 1 + 2^-24. A vector inside is
 * returned unchanged, so projecting twice equals projecting once.
 */

/** The norms whose balls can be projected onto exactly with no search. */
export type BallNorm = 2 | typeof Infinity;

export function project(v: Float32Array, radius: number, norm: BallNorm): Float32Array {
  if (norm === 2) {
    const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    if (!(length > radius)) return v;
    const scale = ballScale(length, radius);
    for (let i = 0; i < v.length; i++) v[i] *= scale;
    return v;
  }
  const bound = roundDownToFloat32(radius);
  for (let i = 0; i < v.length; i++) {
    if (v[i] > bound) v[i] = bound;
    else if (v[i] < -bound) v[i] = -bound;
  }
  return v;
}

/** What a vector outside the 2-ball is multiplied by. */
export function ballScale(length: number, radius: number): number {
  return (radius / length) * (1 - 2 ** -24);
}

/** The largest float32 that is not above a non-negative number. */
export function roundDownToFloat32(x: number): number {
  const float = new Float32Array([x]);
  if (float[0] > x) new Uint32Array(float.buffer)[0] -= 1;
  return float[0];
}
