import type { Fit } from "../../images/fit.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import type { ClassesOf } from "./class_folders.js";
import { rejectImages } from "./failure.js";

/** A picture that is not among the images. */
export interface SkippedFile {
  readonly file: string;
  readonly problem: string;
}

/** Images as the network takes them, with what is known about them. */
export interface ImageSet {
  /** Where they come from, as it was given. */
  readonly source: string;
  /** `[N][H][W][C]`, in the declared range. */
  readonly images: Float32Array;
  readonly count: number;
  /** `[H, W, C]` of one image as a picture, also where the network takes a vector. */
  readonly shape: Shape;
  /** Names of the files `[N]`, where each image is a file of its own. */
  readonly files?: readonly string[];
  /** Dataset labels `[N]`, if the set has them. */
  readonly labels?: Int32Array;
  /** Names of the dataset's classes, if it tells them. */
  readonly classNames?: readonly string[];
  /** With `broken: "skip"`: files that could not be decoded, and why. */
  readonly skipped?: readonly SkippedFile[];
  /** What is worth knowing and no error: folders without pictures, folders that are no classes of the model. */
  readonly warnings?: readonly string[];
}

/** What a reader needs to know: the network's input, its pixel range, and how many images to take (all if undefined). */
export interface ReadRequest {
  readonly inputShape: Shape;
  readonly range: readonly [number, number];
  readonly limit?: number;
  readonly fit: Fit;
  readonly background: readonly [number, number, number];
  readonly broken: "reject" | "skip";
  readonly classes: ClassesOf;
}

/** Images `start` to `end - 1` of a set. */
export function sliceSet(set: ImageSet, start: number, end: number): ImageSet {
  const size = sizeOf(set.shape);
  return {
    ...set,
    images: set.images.slice(start * size, end * size),
    count: end - start,
    files: set.files?.slice(start, end),
    labels: set.labels?.slice(start, end),
  };
}

/**
 * @throws ImageError if a value is NaN or infinite, or lies so far outside the range that the range must be wrong
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
      rejectImages(`${name}: image ${Math.floor(i / size)} holds ${v}, expected finite values`);
    if (v < low - slack || v > high + slack)
      rejectImages(
        `${name}: image ${Math.floor(i / size)} holds ${v}, far outside the range ${low} to ${high}; set --range, or input.range of compile`,
      );
  }
}
