import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createTfjsEngine, type TfNamespace } from "../../src/engines/tfjs/engine.js";
import { uploadNetwork } from "../../src/engines/tfjs/network.js";
import { simplify } from "../../src/network/simplify.js";
import { engineCall } from "../contenders/engine.js";
import { type BenchNetwork, root } from "../networks.js";
import type { PeerSession } from "./node.js";

/**
 * TensorFlow.js through our tfjs engine, which plays the network in the formulation that suits tfjs best, with a
 * reverse pass of our own; `tfjs-grad` is what tfjs offers by itself, `tf.grad` on its wasm backend, in the better of the
 * K-fold replicated batch and K calls. Loaded through CommonJS, since its ES modules do not load in Node.
 */
export async function openTfjs(
  { network, input, images }: BenchNetwork,
  peer: "tfjs-wasm" | "tfjs-cpu" | "tfjs-grad",
): Promise<PeerSession> {
  const require = createRequire(`${root}package.json`);
  const tf = require("@tensorflow/tfjs") as TfNamespace;
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(folder: string): void;
  };
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(`${dirname(binary)}/`);
  await tf.setBackend(peer === "tfjs-cpu" ? "cpu" : "wasm");
  const { shape } = network.input;
  const engine =
    peer === "tfjs-grad"
      ? await createTfjsEngine(uploadNetwork(tf, simplify(network)).forward, {
          tf,
          input,
          inputShape: shape,
          classes: network.classes,
        })
      : await createTfjsEngine(network, { tf, input });
  return {
    version: (tf as unknown as { version_core: string }).version_core,
    prepare: async (c) => engineCall(engine, images, c),
  };
}
