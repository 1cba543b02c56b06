import { countImages } from "../engines/arguments.js";
import type { Engine } from "../engines/engine.js";
import { type Pixels, pixelsOf } from "../engines/pixels.js";
import { InvalidArgumentError } from "../errors.js";

/** Units in the last place of the wider end of a range that arithmetic in float32 may leave it by. */
const ULPS = 4;

/**
 * Images to attack, checked: whole, finite, and in the engine's range. Bytes become float32; pixels that are off the range by
 * no more than rounding are set to its end, in a copy.
 *
 * @throws InvalidArgumentError for anything else, such as images of 0..255 where the range is [0, 1]
 */
export function imagesIn(
  caller: string,
  images: Pixels,
  { inputShape, range }: Pick<Engine, "inputShape" | "range">,
): Float32Array {
  const pixels = pixelsOf(caller, images, range);
  countImages(caller, pixels, inputShape);
  return within(caller, pixels, range, "engine's range");
}

/** The pixels, which may be off an interval by rounding, in it: the very same array unless one is. */
export function within(
  caller: string,
  pixels: Float32Array,
  [low, high]: readonly [number, number],
  of: string,
): Float32Array {
  const slack = ULPS * 2 ** -23 * Math.max(Math.abs(low), Math.abs(high));
  let off = false;
  for (let i = 0; i < pixels.length; i++) {
    const x = pixels[i];
    if (x >= low && x <= high) continue;
    if (x < low - slack || x > high + slack)
      throw new InvalidArgumentError(
        `${caller}: images[${i}] is ${x}, expected values within the ${of} [${low}, ${high}]`,
      );
    off = true;
  }
  return off ? pixels.map((x) => Math.min(Math.max(x, low), high)) : pixels;
}
