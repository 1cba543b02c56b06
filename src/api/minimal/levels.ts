import { type Search, scoresAt } from "./question.js";
import type { Candidate, Trail } from "./trail.js";

/** Evenly spaced pixel values of the engine's range, as a picture file has them; those within bounds, by index. */
export interface Levels {
  readonly low: number;
  readonly width: number;
  /** Index of the last: the first is 0. */
  readonly last: number;
  readonly lowest: number;
  readonly highest: number;
}

export function levelsOf(
  count: number,
  [low, high]: readonly [number, number],
  bounds: readonly [number, number],
): Levels {
  const levels = { low, width: high - low, last: count - 1 };
  let [lowest, highest] = [0, count - 1];
  while (lowest <= highest && levelValue(lowest, levels) < bounds[0]) lowest++;
  while (highest >= lowest && levelValue(highest, levels) > bounds[1]) highest--;
  return { ...levels, lowest, highest };
}

/** How much of a step to the next level a pixel must have gone to be taken there, 0: anything at all; and how r is grown first. */
const ROUNDINGS: readonly (readonly [share: number, growth: number])[] = [
  ...[1 / 2, 3 / 8, 1 / 4, 1 / 8, 0].map((share) => [share, 1] as const),
  ...Array.from({ length: 8 }, (_, j) => [0, 1.25 ** (j + 1)] as const),
];

/** What float32 leaves a level by, in levels. */
const ULPS = 4;

/**
 * The first of these points that fools, or undefined: pixels of x0 + r rounded to the nearest level; then ever more of them, at
 * last all that r moves, rounded away from x0; then the same of an r that is grown by a quarter at a time. Each is at least as
 * long as the one before. Pixels that r does not move go to their nearest level, which in an image from 8 bits is where they are.
 */
export function* ontoLevels(trail: Trail, levels: Levels, from: Candidate): Search<Candidate | undefined> {
  for (const [share, growth] of ROUNDINGS) {
    const point = roundedPoint(trail.image, from.perturbation, share, growth, levels);
    const perturbation = point.map((x, i) => x - trail.image[i]);
    const candidate = trail.keep({ point, perturbation }, yield* scoresAt(point));
    if (candidate.fools) return candidate;
  }
  return undefined;
}

function roundedPoint(
  image: Float32Array,
  r: Float32Array,
  share: number,
  growth: number,
  levels: Levels,
): Float32Array {
  const { low, width, last, lowest, highest } = levels;
  const slack = ULPS * 2 ** -24 * (last + (Math.abs(low) / width) * last);
  return image.map((x0, i) => {
    const before = ((x0 - low) / width) * last;
    const sign = Math.sign(r[i]);
    if (sign === 0 && Math.abs(before - Math.round(before)) <= slack) return x0;
    const u = before + ((growth * r[i]) / width) * last;
    const away = sign > 0 ? Math.ceil(u - slack) : Math.floor(u + slack);
    // Of the step that ends at `away`.
    const gone = 1 - sign * (away - u);
    const level = sign === 0 ? Math.round(u) : gone >= share ? away : away - sign;
    return levelValue(Math.min(Math.max(level, lowest), highest), levels);
  });
}

/** A level as images of bytes have it (`images/levels.ts`), before it is rounded to float32. */
function levelValue(level: number, { low, width, last }: Pick<Levels, "low" | "width" | "last">): number {
  return low + (level / last) * width;
}
