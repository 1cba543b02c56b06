import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createTfjsEngine, type TfNamespace } from "../../src/engines/tfjs/engine.js";
import { engineCall } from "../contenders/engine.js";
import { type BenchNetwork, root } from "../networks.js";
import type { PeerSession } from "./node.js";

/**
 * TensorFlow.js through our tfjs engine, which plays the network in the formulation that suits tfjs best. Loaded
 * through CommonJS, since its ES modules do not load in Node.
 */
export async function openTfjs(
  { network, input, images }: BenchNetwork,
  backend: "wasm" | "cpu",
): Promise<PeerSession> {
  const require = createRequire(`${root}package.json`);
  const tf = require("@tensorflow/tfjs") as TfNamespace;
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(folder: string): void;
  };
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(`${dirname(binary)}/`);
  await tf.setBackend(backend);
  const engine = await createTfjsEngine(network, { tf, input });
  return {
    version: (tf as unknown as { version_core: string }).version_core,
    prepare: async (c) => engineCall(engine, images, c),
  };
}
