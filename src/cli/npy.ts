import { decodeNpy as decode, encodeNpy, type NpyArray } from "../images.js";
import { InvalidArgumentError } from "../index.js";
import { CommandError } from "./errors.js";

export { encodeNpy, type NpyArray };

/**
 * Decodes a .npy file.
 *
 * @param name what to call the file in errors
 * @throws CommandError if it is not a .npy file, is cut short, or holds values of another type
 */
export function decodeNpy(name: string, file: Uint8Array): NpyArray {
  try {
    return decode(file);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new CommandError(error.message.replace(/^decodeNpy: file/, name), { cause: error });
  }
}
