import type * as tfCore from "@tensorflow/tfjs-core";
import { EngineError } from "../../errors.js";
import { importInstalled } from "../import_installed.js";

/** What `import * as tf from "@tensorflow/tfjs"` (or `tfjs-core`) gives. */
export type TfNamespace = typeof tfCore;

/**
 * The tfjs to compute with: the one given, or else `@tensorflow/tfjs-core` if it is installed (Node) or mapped (a page). Waits for the
 * backend. Only functions of the namespace are called, never chained methods, so tfjs-core alone suffices.
 *
 * @throws EngineError if there is no tfjs, or no backend is registered with it
 */
export async function resolveNamespace(given: TfNamespace | undefined): Promise<TfNamespace> {
  const tf = given ?? (await importCore());
  if (typeof tf.ready !== "function" || typeof tf.tidy !== "function")
    throw new EngineError("createTfjsEngine: tf is not tfjs, expected the namespace of @tensorflow/tfjs");
  try {
    await tf.ready();
  } catch (cause) {
    throw new EngineError(
      `createTfjsEngine: no tfjs backend is ready (${messageOf(cause)}), expected one to be imported and set`,
    );
  }
  return tf;
}

async function importCore(): Promise<TfNamespace> {
  try {
    return (await importInstalled("@tensorflow/tfjs-core")) as TfNamespace;
  } catch {
    throw new EngineError(
      "createTfjsEngine: @tensorflow/tfjs-core is not installed, expected it, or { tf } with the tfjs to use, as a page that a bundler made must have",
    );
  }
}

/** The first line of what was thrown. */
export function messageOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split("\n")[0].trim();
}
