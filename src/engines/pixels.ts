import { InvalidArgumentError } from "../errors.js";

/** Pixels, `[N][H][W][C]`: float32 in the engine's range, or the bytes of pictures where that is [0, 255]. */
export type Pixels = Float32Array | Uint8Array | Uint8ClampedArray;

/**
 * Bytes as float32; float32 as it is.
 *
 * @throws InvalidArgumentError for bytes where the range is not theirs, which would be images of some other brightness
 */
export function pixelsOf(caller: string, images: Pixels, range: readonly [number, number]): Float32Array {
  // Whatever else it is, who counts the images says so.
  if (!(images instanceof Uint8Array) && !(images instanceof Uint8ClampedArray)) return images;
  if (range[0] !== 0 || range[1] !== 255)
    throw new InvalidArgumentError(
      `${caller}: images is ${images instanceof Uint8Array ? "Uint8Array" : "Uint8ClampedArray"}, expected a Float32Array in the range [${range.join(", ")}]; bytes go with range [0, 255]`,
    );
  return new Float32Array(images);
}
