import { InvalidArgumentError } from "../errors.js";
import { type Shape, sizeOf } from "../network/spec.js";
import type { JacobianOptions } from "./engine.js";

/**
 * Checks a flat batch of images and returns N.
 *
 * @throws InvalidArgumentError if the array is not a non-empty whole number of images, or has a NaN or infinity
 */
export function countImages(caller: string, images: Float32Array, shape: Shape, name = "images"): number {
  const size = sizeOf(shape);
  if (!(images instanceof Float32Array))
    throw new InvalidArgumentError(`${caller}: ${name} is ${typeName(images)}, expected a Float32Array`);
  if (images.length === 0)
    throw new InvalidArgumentError(`${caller}: ${name} is empty, expected at least one image`);
  if (images.length % size !== 0)
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${images.length} values, expected a multiple of ${size} (${shape.join("x")})`,
    );
  for (let i = 0; i < images.length; i++)
    if (!Number.isFinite(images[i]))
      throw new InvalidArgumentError(
        `${caller}: ${name}[${i}] is ${images[i]} (image ${Math.floor(i / size)}), expected finite values`,
      );
  return images.length / size;
}

/**
 * Checks the arguments of an engine's `jacobian`: N images, K classes, and as much of `out` (or of a new array) as is
 * needed.
 *
 * @throws InvalidArgumentError for images, classes or out that are wrong, an option that there is not, or no options
 */
export function jacobianArguments(
  images: Float32Array,
  options: JacobianOptions,
  shape: Shape,
  available: number,
): { readonly count: number; readonly rows: number; readonly values: Float32Array } {
  const caller = "jacobian";
  const count = countImages(caller, images, shape);
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError(
      `${caller}: options is ${typeName(options)}, expected an object such as { classes: 10 }`,
    );
  for (const key of Object.keys(options))
    if (key !== "classes" && key !== "out")
      throw new InvalidArgumentError(`${caller}: unknown option "${key}", expected classes, out`);
  const rows = countClasses(caller, options.classes, count, available);
  const needed = count * rows * sizeOf(shape);
  return { count, rows, values: checkOut(caller, options.out, needed).subarray(0, needed) };
}

/**
 * Checks `jacobian`'s `classes` and returns K.
 *
 * @throws InvalidArgumentError unless it is a count from 1 to C, or N x K valid indices
 */
export function countClasses(
  caller: string,
  classes: number | Int32Array,
  images: number,
  available: number,
): number {
  if (typeof classes === "number") {
    if (!Number.isInteger(classes) || classes < 1 || classes > available)
      throw new InvalidArgumentError(
        `${caller}: classes is ${classes}, expected an integer from 1 to ${available}`,
      );
    return classes;
  }
  if (!(classes instanceof Int32Array))
    throw new InvalidArgumentError(
      `${caller}: classes is ${typeName(classes)}, expected a count or an Int32Array of ${images} x K class indices`,
    );
  if (classes.length === 0 || classes.length % images !== 0)
    throw new InvalidArgumentError(
      `${caller}: classes has ${classes.length} indices, expected a multiple of ${images}, the number of images`,
    );
  for (const c of classes)
    if (c < 0 || c >= available)
      throw new InvalidArgumentError(
        `${caller}: classes holds ${c}, expected indices from 0 to ${available - 1}`,
      );
  return classes.length / images;
}

/**
 * Checks a caller-provided output array.
 *
 * @throws InvalidArgumentError if it is not a Float32Array of at least `needed` values
 */
export function checkOut(caller: string, out: Float32Array | undefined, needed: number): Float32Array {
  if (out === undefined) return new Float32Array(needed);
  if (!(out instanceof Float32Array) || out.length < needed)
    throw new InvalidArgumentError(
      `${caller}: out has ${out instanceof Float32Array ? out.length : "no"} values, expected a Float32Array of at least ${needed}`,
    );
  return out;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : typeof value;
}
