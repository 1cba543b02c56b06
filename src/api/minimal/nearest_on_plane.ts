/**
 * The point of a hyperplane that is nearest to the image, among those that bounds allow:
 *
 *     argmin ||r||_p   of   <w, r> = c,  low <= x0_i + r_i <= high              c > 0, p = 2 or infinity
 *
 *     r_i = sign(w_i) min(lambda u_i, room_i)       u_i = |w_i| for p = 2, 1 for p = infinity
 *
 * with room_i the distance of pixel i to the bound that w_i points at, and lambda such that the equation holds. Without bounds,
 * c w / ||w||_2^2 or c sign(w) / ||w||_1: the projection of SuperDeepFool (NeurIPS 2024), and DeepFool's step.
 *
 * <w, r> grows with lambda, piecewise linearly: pixels at their bound are left out and lambda is taken anew from the others until
 * no more arrive, each time with a larger lambda, so after D rounds at most; a few, in practice. float64, about 4 D flops a round.
 *
 * @param w `[D]`, finite
 * @returns r, `[D]`, or undefined where there is none: c <= 0, w = 0, or a plane beyond the bounds
 */
export function nearestOnPlane(
  image: Float32Array,
  w: Float32Array,
  c: number,
  norm: 2 | typeof Infinity,
  [low, high]: readonly [number, number],
): Float64Array | undefined {
  if (!(c > 0 && c < Infinity)) return undefined;
  const size = image.length;
  const pace = (i: number) => (norm === 2 ? Math.abs(w[i]) : 1);
  const room = Float64Array.from({ length: size }, (_, i) =>
    Math.max(0, w[i] > 0 ? high - image[i] : image[i] - low),
  );
  const atBound = new Uint8Array(size);
  let lambda = 0;
  for (let arrived = true; arrived; ) {
    let [left, speed] = [c, 0];
    for (let i = 0; i < size; i++) {
      if (atBound[i]) left -= Math.abs(w[i]) * room[i];
      else speed += Math.abs(w[i]) * pace(i);
    }
    // Rounding may turn the sum of the bounded ones back by a little.
    lambda = Math.max(lambda, left / speed);
    if (!(lambda > 0 && lambda < Infinity)) return undefined;
    arrived = false;
    for (let i = 0; i < size; i++) {
      if (atBound[i] || w[i] === 0 || lambda * pace(i) < room[i]) continue;
      atBound[i] = 1;
      arrived = true;
    }
  }
  return Float64Array.from(w, (value, i) => Math.sign(value) * (atBound[i] ? room[i] : lambda * pace(i)));
}
