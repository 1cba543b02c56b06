import { ImageError } from "../errors.js";

/**
 * The image codec, an optional dependency with a native part: loaded only by the functions that need it.
 *
 * @param need what it is needed for, in the words of the error
 * @throws ImageError if it is not installed on this machine
 */
export async function loadSharp(caller: string, need: string): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch {
    throw new ImageError(
      `${caller}: ${need} needs the npm package sharp, which is not installed here: npm install sharp`,
    );
  }
}
