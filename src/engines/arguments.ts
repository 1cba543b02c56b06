import { InvalidArgumentError } from "../errors.js";
import { firstNotFinite } from "../kernels/finite.js";
import { type Shape, sizeOf } from "../network/spec.js";
import type { JacobianRequest } from "./backend.js";
import type { AnyJacobianOptions, LogitsOptions } from "./engine.js";

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
  const i = firstNotFinite(images);
  if (i >= 0)
    throw new InvalidArgumentError(
      `${caller}: ${name}[${i}] is ${images[i]} (image ${Math.floor(i / size)}), expected finite values`,
    );
  return images.length / size;
}

/**
 * Checks the arguments of an engine's `logits`.
 *
 * @throws InvalidArgumentError for images or a signal that are wrong, or an option that there is not
 */
export function logitsArguments(
  images: Float32Array,
  options: LogitsOptions | undefined,
  shape: Shape,
): { readonly signal?: AbortSignal } {
  const caller = "logits";
  countImages(caller, images, shape);
  if (options === undefined) return {};
  checkOptions(caller, options, ["signal"], "{ signal }");
  checkSignal(caller, options.signal);
  return { signal: options.signal ?? undefined };
}

/**
 * Checks the arguments of an engine's `jacobian`: K classes, and as much of `out` (or of a new array) as is needed.
 *
 * @throws InvalidArgumentError for images, classes, out or a signal that are wrong, an option that there is not, or no
 *   options
 */
export function jacobianArguments(
  images: Float32Array,
  options: AnyJacobianOptions,
  shape: Shape,
  available: number,
): JacobianRequest {
  const caller = "jacobian";
  const count = countImages(caller, images, shape);
  checkOptions(caller, options, ["classes", "out", "signal"], "{ classes: 10 }");
  const { out, signal } = options;
  const classes = classIndices(options.classes);
  checkSignal(caller, signal);
  const rows = countClasses(caller, classes, count, available);
  const needed = count * rows * sizeOf(shape);
  const inputs = { images, ...(typeof classes !== "number" && { classes }) };
  const values = checkOut(caller, out, needed, inputs).subarray(0, needed);
  return { classes, rows, values, signal: signal ?? undefined };
}

export function checkOptions(
  caller: string,
  options: unknown,
  keys: readonly string[],
  example: string,
): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError(
      `${caller}: options is ${typeName(options)}, expected an object such as ${example}`,
    );
  for (const key of Object.keys(options))
    if (!keys.includes(key))
      throw new InvalidArgumentError(`${caller}: unknown option "${key}", expected ${keys.join(", ")}`);
}

/** An AbortSignal, of whatever realm, or none. */
export function checkSignal(caller: string, signal: unknown): void {
  const found = signal as Partial<AbortSignal> | null | undefined;
  if (
    found != null &&
    (typeof found.throwIfAborted !== "function" || typeof found.addEventListener !== "function")
  )
    throw new InvalidArgumentError(`${caller}: signal is ${show(signal)}, expected an AbortSignal`);
}

/** Whole numbers of any array as an Int32Array; what is no array of them as it is, for `countClasses` to refuse. */
function classIndices(classes: AnyJacobianOptions["classes"]): number | Int32Array {
  const isArray = Array.isArray(classes) || (ArrayBuffer.isView(classes) && !(classes instanceof DataView));
  if (typeof classes === "number" || classes instanceof Int32Array || !isArray) return classes as Int32Array;
  const given = Array.from(classes as ArrayLike<number>);
  const wrong = given.find((c) => !Number.isInteger(c) || Math.abs(c) >= 2 ** 31);
  if (wrong !== undefined)
    throw new InvalidArgumentError(`jacobian: classes holds ${show(wrong)}, expected class indices`);
  return Int32Array.from(given);
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
 * @param inputs what is still read when the first values are written, by name: `out` may not overlap it
 * @throws InvalidArgumentError if it is not a Float32Array of at least `needed` values, or these overlap an input
 */
export function checkOut(
  caller: string,
  out: Float32Array | undefined,
  needed: number,
  inputs: Readonly<Record<string, Float32Array | Int32Array>> = {},
): Float32Array {
  if (out === undefined) return new Float32Array(needed);
  if (!(out instanceof Float32Array) || out.length < needed)
    throw new InvalidArgumentError(
      `${caller}: out has ${out instanceof Float32Array ? out.length : "no"} values, expected a Float32Array of at least ${needed}`,
    );
  for (const [name, input] of Object.entries(inputs)) {
    const from = Math.max(out.byteOffset, input.byteOffset);
    const to = Math.min(out.byteOffset + 4 * needed, input.byteOffset + input.byteLength);
    if (out.buffer === input.buffer && from < to)
      throw new InvalidArgumentError(
        `${caller}: out overlaps ${name} by ${(to - from) / 4} values, expected memory of its own`,
      );
  }
  return out;
}

/** A value as an error's line shows it. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "object" && value !== null) return value.constructor?.name ?? "an object";
  if (typeof value === "function") return "a function";
  return String(value);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : typeof value;
}
