import { readFile } from "node:fs/promises";
import { ImageError, InvalidArgumentError } from "../../errors.js";
import { decodeNpy } from "../../images/npy/decode.js";
import type { NpyArray } from "../../images/npy/types.js";
import { fits, type PictureTarget, targetOf } from "../../images/picture_shape.js";

/**
 * Reads a perturbation from a .npy file, as `unifool craft` and `encodeNpy` write it: floats of the shape of one image.
 *
 * @param net an engine, or the shape of one image
 * @returns `[H][W][C]`
 * @throws ImageError if it is not a .npy file, has another shape or type, or holds NaN
 * @throws the system's error, which names the path, where there is no such file
 *
 * @example
 * const { rate } = await foolingRate(net, images, await readPerturbation("unifool-out/perturbation.npy", net));
 */
export async function readPerturbation(path: string, net: PictureTarget): Promise<Float32Array> {
  const { shape: input } = targetOf("readPerturbation", net);
  const { shape, type, data } = await readNpy("readPerturbation", path);
  const reject = (problem: string): never => {
    throw new ImageError(`readPerturbation: ${path}${problem}`);
  };
  if (!fits(shape, input)) reject(` has shape ${shape.join("x") || "()"}, expected ${input.join("x")}`);
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    return reject(` holds ${type}, expected a perturbation of float16, float32 or float64`);
  const values = Float32Array.from(data);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) reject(`: value ${bad} is ${values[bad]}, expected finite values`);
  return values;
}

/** @throws ImageError if it is not a .npy file of numbers */
export async function readNpy(caller: string, path: string): Promise<NpyArray> {
  const file = await readFile(path);
  try {
    return decodeNpy(file);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new ImageError(error.message.replace(/^decodeNpy: file/, `${caller}: ${path}`), { cause: error });
  }
}
