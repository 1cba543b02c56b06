import { InvalidArgumentError } from "../../errors.js";
import type { Shape } from "../../network/spec.js";

/** v as n x n repetitions of a patch. */
export interface Tiling {
  /** Adds up what lies at the same place of every tile, in the order of rows, and writes the sum to each. */
  readonly sum: (d: Float64Array) => Float64Array;
}

/** @throws InvalidArgumentError unless n divides the height and width of the images */
export function tilingOf(caller: string, n: number, shape: Shape): Tiling {
  if (n === 1) return { sum: (d) => d };
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height % n !== 0 || width % n !== 0)
    throw new InvalidArgumentError(
      `${caller}: tile is ${n}, expected a divisor of the height and width of the images (${shape.join("x")})`,
    );
  const [rows, columns] = [height / n, (width / n) * channels];
  const pitch = width * channels;
  return {
    sum(d) {
      const patch = new Float64Array(rows * columns);
      const place = (i: number) => (Math.floor(i / pitch) % rows) * columns + ((i % pitch) % columns);
      for (let i = 0; i < d.length; i++) patch[place(i)] += d[i];
      return d.map((_, i) => patch[place(i)]);
    },
  };
}
