import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { TfNamespace } from "../../src/engines/tfjs/engine.js";

const require = createRequire(import.meta.url);

/** The backends that run in Node without a GPU. */
export const BACKENDS = ["cpu", "wasm"] as const;

/** tfjs with its layers, as far as the tests need them. */
export type Tfjs = TfNamespace & typeof import("@tensorflow/tfjs-layers");

/**
 * `@tensorflow/tfjs` with a backend set. Through CommonJS: the ES module build does not load in Node, and a tfjs of
 * each kind would be two, which do not know each other's backends and gradients.
 */
export async function tfjsOn(backend: (typeof BACKENDS)[number]): Promise<Tfjs> {
  const tf: Tfjs = require("@tensorflow/tfjs");
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(
    `${dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"))}/`,
  );
  await tf.setBackend(backend);
  await tf.ready();
  return tf;
}
