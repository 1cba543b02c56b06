export { scaleBytes } from "../../images/levels.js";
export { fits, pictureShape } from "../../images/picture_shape.js";

import { type Shape, sizeOf } from "../../index.js";
import { CommandError } from "../errors.js";

/** Images as the network takes them, with what is known about them. */
export interface ImageSet {
  /** Where they come from, as the user wrote it. */
  readonly source: string;
  /** `[N][H][W][C]`, in the declared range. */
  readonly images: Float32Array;
  readonly count: number;
  /** `[H, W, C]` of one image as a picture, also where the network takes a vector. */
  readonly shape: Shape;
  /** Dataset labels `[N]`, if the set has them. */
  readonly labels?: Int32Array;
  readonly classNames?: readonly string[];
}

/** What a loader needs to know: the network's input, its pixel range, and how many images to take (all if undefined). */
export interface LoadOptions {
  readonly inputShape: Shape;
  readonly range: readonly [number, number];
  readonly limit?: number;
}

/** Images `start` to `end - 1` of a set. */
export function sliceSet(set: ImageSet, start: number, end: number): ImageSet {
  const size = sizeOf(set.shape);
  return {
    ...set,
    images: set.images.slice(start * size, end * size),
    count: end - start,
    labels: set.labels?.slice(start, end),
  };
}

/**
 * @throws CommandError if a value is NaN or infinite, or lies so far outside the range that the range must be wrong
 */
export function checkValues(
  name: string,
  values: Float32Array,
  size: number,
  range: readonly [number, number],
): void {
  const [low, high] = range;
  const slack = high - low; // values somewhat outside are legitimate: a perturbed image need not be clipped
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (!Number.isFinite(v))
      throw new CommandError(`${name}: image ${Math.floor(i / size)} holds ${v}, expected finite values`);
    if (v < low - slack || v > high + slack)
      throw new CommandError(
        `${name}: image ${Math.floor(i / size)} holds ${v}, far outside the range ${low} to ${high}; set --range`,
      );
  }
}
