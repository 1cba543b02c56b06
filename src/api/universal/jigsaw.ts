import type { Shape } from "../../network/spec.js";
import { type RandomSource, randomBelow } from "../random.js";

/**
 * An image of rectangles, `[H][W][C]`, that stands for any: `cuts` of its rows and of its columns at random, each rectangle of one
 * colour, uniform in the range. Vectors are cut once, all in one row.
 */
export function jigsaw(
  shape: Shape,
  cuts: number,
  [low, high]: readonly [number, number],
  random: RandomSource,
): Float32Array {
  const [height, width, channels] = shape.length === 3 ? shape : [1, shape[0], 1];
  const places = (length: number) =>
    Array.from({ length: cuts }, () => randomBelow(length + 1, random)).sort((a, b) => a - b);
  const [rows, columns] = [places(height), places(width)];
  const colours = Float32Array.from(
    { length: (cuts + 1) ** 2 * channels },
    () => low + (random() / 2 ** 32) * (high - low),
  );
  const image = new Float32Array(height * width * channels);
  const before = (cut: readonly number[], at: number) => cut.filter((place) => place <= at).length;
  const column = Array.from({ length: width }, (_, x) => before(columns, x));
  for (let y = 0; y < height; y++) {
    const row = before(rows, y) * (cuts + 1);
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        image[(y * width + x) * channels + c] = colours[(row + column[x]) * channels + c];
  }
  return image;
}
