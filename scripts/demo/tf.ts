import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import type * as Tf from "@tensorflow/tfjs";

const require = createRequire(import.meta.url);

/** The CommonJS builds: the only ones in Node that share one registry of operators and gradients. */
export const tf: typeof Tf = require("@tensorflow/tfjs");

/** Makes tfjs compute on its single-threaded WebAssembly backend. */
export async function useWasm(): Promise<void> {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await tf.setBackend("wasm");
}
