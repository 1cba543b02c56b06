import { ImageError } from "../../errors.js";

/** @throws ImageError always */
export function rejectImages(problem: string, cause?: unknown): never {
  throw new ImageError(`readImages: ${problem}`, cause === undefined ? undefined : { cause });
}
