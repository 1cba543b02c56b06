import { scaleBytes } from "../../images/levels.js";
import type { NpyArray } from "../../images/npy/types.js";
import { fits, pictureShape } from "../../images/picture_shape.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import { rejectImages } from "./failure.js";
import { checkValues, type ImageSet, type ReadRequest } from "./image_set.js";
import { readNpy } from "./read_perturbation.js";

/**
 * Reads images from a .npy file, `[N, H, W, C]` (or one image `[H, W, C]`): uint8 is scaled to the range, floats of any width
 * are taken as they are.
 *
 * @throws ImageError if it cannot be read, does not fit the network, is empty, or holds NaN
 */
export async function readNpyImages(path: string, request: ReadRequest): Promise<ImageSet> {
  const array = await readNpy("readImages", path);
  const [total, shape] = batchOf(path, array, request.inputShape);
  if (total === 0) rejectImages(`${path} holds no images`);
  const size = sizeOf(shape);
  const count = Math.min(total, request.limit ?? total);
  const images = imagesOf(path, array, count * size, request.range);
  checkValues(path, images, size, request.range);
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
  return rejectImages(`${path} holds ${type}, expected images of uint8, float16, float32 or float64`);
}

function batchOf(path: string, array: NpyArray, input: Shape): readonly [count: number, shape: Shape] {
  const [first, ...rest] = array.shape;
  if (rest.length > 0 && fits(rest, input)) return [first, rest];
  if (fits(array.shape, input)) return [1, array.shape];
  const [height, width, channels] = input;
  const channelsFirst = rest.length === 3 && rest.join() === [channels, height, width].join();
  return rejectImages(
    `${path} has shape ${array.shape.join("x") || "()"}, expected Nx${input.join("x")} to fit the model` +
      (channelsFirst ? " (channels last: save numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)))" : ""),
  );
}
