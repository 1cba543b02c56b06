import { readFile } from "node:fs/promises";
import { type Shape, sizeOf } from "../../index.js";
import { CommandError } from "../errors.js";
import { decodeNpy, type NpyArray } from "../npy.js";
import { checkValues, fits, type ImageSet, type LoadOptions, pictureShape, scaleBytes } from "./image_set.js";

/**
 * Loads images from a .npy file, `[N, H, W, C]` (or one image `[H, W, C]`): uint8 is scaled to the range, floats of any width are
 * taken as they are.
 *
 * @throws CommandError if it cannot be read, does not fit the network, is empty, or holds NaN
 */
export async function loadNpyImages(path: string, options: LoadOptions): Promise<ImageSet> {
  const array = decodeNpy(path, await readFile(path));
  const [total, shape] = batchOf(path, array, options.inputShape);
  if (total === 0) throw new CommandError(`${path} holds no images`);
  const size = sizeOf(shape);
  const count = Math.min(total, options.limit ?? total);
  const images = imagesOf(path, array, count * size, options.range);
  checkValues(path, images, size, options.range);
  return { source: path, images, count, shape: pictureShape(shape) };
}

function imagesOf(
  path: string,
  { data, type }: NpyArray,
  length: number,
  range: readonly [number, number],
): Float32Array {
  if (type === "uint8") return scaleBytes(data.subarray(0, length) as Uint8Array, range);
  if (data instanceof Float32Array || data instanceof Float64Array)
    return Float32Array.from(data.subarray(0, length));
  throw new CommandError(`${path} holds ${type}, expected images of uint8, float16, float32 or float64`);
}

function batchOf(path: string, array: NpyArray, input: Shape): readonly [count: number, shape: Shape] {
  const [first, ...rest] = array.shape;
  if (rest.length > 0 && fits(rest, input)) return [first, rest];
  if (fits(array.shape, input)) return [1, array.shape];
  const [height, width, channels] = input;
  const channelsFirst = rest.length === 3 && rest.join() === [channels, height, width].join();
  throw new CommandError(
    `${path} has shape ${array.shape.join("x") || "()"}, expected Nx${input.join("x")} to fit the model` +
      (channelsFirst ? " (channels last: save numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)))" : ""),
  );
}

/**
 * Loads a perturbation written by `craft`: float values of the shape of one image.
 *
 * @throws CommandError if it cannot be read, has another shape or type, or holds NaN
 */
export async function loadPerturbation(path: string, input: Shape): Promise<Float32Array> {
  const array = decodeNpy(path, await readFile(path));
  if (!fits(array.shape, input))
    throw new CommandError(`${path} has shape ${array.shape.join("x") || "()"}, expected ${input.join("x")}`);
  if (!(array.data instanceof Float32Array || array.data instanceof Float64Array))
    throw new CommandError(
      `${path} holds ${array.type}, expected a perturbation of float16, float32 or float64`,
    );
  const values = Float32Array.from(array.data);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new CommandError(`${path}: value ${bad} is ${values[bad]}, expected finite values`);
  return values;
}
