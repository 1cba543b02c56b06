import { randomValues } from "../random_values.js";

/** Scores of images in order: random ones, ties and zeros of both signs, what is no number. */
export function oddScores(classes: number, images: number): Float32Array {
  const random = randomValues(classes);
  const odd = [Number.NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 0, -0];
  return Float32Array.from({ length: images * classes }, (_, i) => {
    const kind = Math.floor(i / classes) % 3;
    if (kind === 0) return random.uniform(-2, 2);
    return kind === 1 ? random.pick([1, 2, 0, -0, -1]) : random.pick(odd);
  });
}
