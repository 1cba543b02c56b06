import { ImageError } from "../errors.js";

type Sharp = typeof import("sharp").default;

/** What to type where it is missing. */
export const INSTALL_SHARP = "npm install sharp";

/**
 * The image codec, an optional peer of 19 MB with a native part: loaded only by the functions that need it.
 *
 * @returns undefined where it is not installed, or not for this machine
 */
export async function findSharp(): Promise<Sharp | undefined> {
  try {
    return (await import("sharp")).default;
  } catch {
    return undefined;
  }
}

/**
 * @param need what it is needed for, in the words of the error
 * @throws ImageError if it is not installed on this machine
 */
export async function loadSharp(caller: string, need: string): Promise<Sharp> {
  const sharp = await findSharp();
  if (sharp) return sharp;
  throw new ImageError(
    `${caller}: ${need} needs the npm package sharp, which is not installed here: ${INSTALL_SHARP}`,
  );
}
