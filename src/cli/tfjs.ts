import type { TensorFlow } from "../index.js";
import { CommandError } from "./errors.js";

/**
 * TensorFlow.js with the backends that it brings along, an optional peer: the library computes on whatever tfjs a
 * program has set up, and here the command line is that program.
 *
 * @throws CommandError if it is not installed on this machine
 */
export async function loadTfjs(): Promise<TensorFlow> {
  try {
    return await import("@tensorflow/tfjs");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new CommandError(
      "--backend tfjs needs the npm package @tensorflow/tfjs, which is not installed here: npm install @tensorflow/tfjs",
    );
  }
}
