import { interval, optionsObject, positive } from "../api/options.js";
import { InvalidArgumentError } from "../errors.js";
import { sizeOf } from "../network/spec.js";
import { amplification, aroundGrey, drawImage } from "./draw.js";
import { type PictureTarget, pictureShape, targetOf } from "./picture_shape.js";

export interface ToImageDataOptions {
  /** `[low, high]` of the values, black and white. Default: the engine's range; `[0, 1]` where a shape is given. */
  readonly range?: readonly [number, number];
}

export interface PerturbationPictureOptions extends ToImageDataOptions {
  /** What the perturbation is multiplied by. Default: as far as it goes before a value leaves the picture. */
  readonly scale?: number;
}

/** A perturbation as a picture, and how much it was amplified for it. */
export interface PerturbationPicture {
  readonly imageData: ImageData;
  readonly scale: number;
}

/**
 * One image as a canvas takes it: the low end of the range is black, the high end white, values outside are clipped; one
 * channel is drawn grey. In Node, which has no `ImageData`, an object with its fields.
 *
 * @param image `[H][W][C]`; of several take one with `subarray`
 * @param net an engine, or the shape of the image
 * @throws InvalidArgumentError for an image of another size, or wrong options
 *
 * @example
 * const context = new OffscreenCanvas(32, 32).getContext("2d") as OffscreenCanvasRenderingContext2D;
 * context.putImageData(toImageData(images.subarray(0, 3072), net), 0, 0);
 */
export function toImageData(
  image: Float32Array,
  net: PictureTarget,
  options?: ToImageDataOptions,
): ImageData {
  const caller = "toImageData";
  const { range } = optionsObject(caller, options, ["range"]);
  const target = checkImage(caller, "image", image, net, range);
  return picture(image, target.shape, target.range);
}

/**
 * A perturbation as a picture that can be seen: amplified, around middle grey.
 *
 * @param perturbation `[H][W][C]`
 * @param net an engine, or the shape of the perturbation
 * @throws InvalidArgumentError for a perturbation of another size, or wrong options
 *
 * @example
 * const { imageData, scale } = perturbationPicture(uap.perturbation, net);
 * console.log(`${imageData.width}x${imageData.height}, ${scale} times as strong as it is`);
 */
export function perturbationPicture(
  perturbation: Float32Array,
  net: PictureTarget,
  options?: PerturbationPictureOptions,
): PerturbationPicture {
  const caller = "perturbationPicture";
  const given = optionsObject(caller, options, ["range", "scale"]);
  const { shape, range } = checkImage(caller, "perturbation", perturbation, net, given.range);
  const scale =
    given.scale === undefined ? amplification(perturbation, range) : positive(caller, "scale", given.scale);
  return { imageData: picture(aroundGrey(perturbation, range, scale), shape, range), scale };
}

function checkImage(
  caller: string,
  name: string,
  image: Float32Array,
  net: PictureTarget,
  given: readonly [number, number] | undefined,
) {
  const target = targetOf(caller, net);
  const range = interval(caller, "range", given ?? target.range);
  if (!(image instanceof Float32Array) || image.length !== sizeOf(target.shape))
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${(image as Float32Array | null)?.length ?? "no"} values, expected a Float32Array of ${sizeOf(target.shape)} (${target.shape.join("x")})`,
    );
  return { shape: pictureShape(target.shape), range };
}

function picture(image: Float32Array, shape: readonly number[], range: readonly [number, number]): ImageData {
  const [height, width] = shape;
  const data = drawImage(image, shape, range, 4) as Uint8ClampedArray<ArrayBuffer>;
  if (typeof ImageData === "function") return new ImageData(data, width, height);
  return { data, width, height, colorSpace: "srgb" } as ImageData;
}
