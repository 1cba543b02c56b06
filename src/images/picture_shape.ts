import { InvalidArgumentError } from "../errors.js";
import { type Shape, sizeOf } from "../network/spec.js";

/** What pictures are made for or drawn from: an engine, or the shape of one image alone. */
export type PictureTarget = Shape | { readonly inputShape: Shape; readonly range: readonly [number, number] };

/** A shape as `[H, W, C]`: grey gets a channel axis; a vector becomes one row. */
export function pictureShape(shape: Shape): Shape {
  if (shape.length === 3) return shape;
  return shape.length === 2 ? [shape[0], shape[1], 1] : [1, sizeOf(shape), 1];
}

/** Whether a picture can be fed to the network: the same shape, but for axes of length 1, or a flat vector of it. */
export function fits(picture: Shape, input: Shape): boolean {
  if (input.length === 1) return sizeOf(picture) === input[0];
  const long = (shape: Shape) => shape.filter((n) => n !== 1).join("x");
  return sizeOf(picture) === sizeOf(input) && long(picture) === long(input);
}

/**
 * Shape of one image, and the range of its values: of the engine, else `[0, 1]`.
 *
 * @throws InvalidArgumentError for anything but an engine or a shape of 1 to 3 sizes
 */
export function targetOf(
  caller: string,
  target: PictureTarget,
): { readonly shape: Shape; readonly range: readonly [number, number] } {
  const engine = typeof target === "object" && target !== null && "inputShape" in target ? target : undefined;
  const shape = engine ? engine.inputShape : target;
  const isShape =
    Array.isArray(shape) &&
    shape.length >= 1 &&
    shape.length <= 3 &&
    shape.every((n) => Number.isInteger(n) && n > 0);
  if (!isShape)
    throw new InvalidArgumentError(
      `${caller}: net is ${JSON.stringify(shape) ?? typeof shape}, expected an engine, or the shape [H, W, C] of an image`,
    );
  return { shape: shape as Shape, range: engine?.range ?? [0, 1] };
}
