import { show } from "../engines/arguments.js";
import { InvalidArgumentError } from "../errors.js";

const WHITE = [255, 255, 255] as const;

/** The colour behind transparent pixels: red, green and blue, 0 to 255; white if undefined. */
export function checkColour(caller: string, colour: unknown = WHITE): readonly [number, number, number] {
  const isColour =
    Array.isArray(colour) &&
    colour.length === 3 &&
    colour.every((level) => Number.isInteger(level) && level >= 0 && level <= 255);
  if (!isColour)
    throw new InvalidArgumentError(
      `${caller}: background is ${show(colour)}, expected [red, green, blue] of whole numbers from 0 to 255`,
    );
  return [colour[0], colour[1], colour[2]];
}
