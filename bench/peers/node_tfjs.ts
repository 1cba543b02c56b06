import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { TfNamespace } from "../../src/engines/tfjs/engine.js";
import type { BenchNetwork } from "../networks.js";
import { root } from "../node_files.js";
import { provideNavigatorGpu } from "./navigator_gpu.js";
import type { PeerSession, TfjsPeer } from "./session.js";
import { openTfjs } from "./tfjs.js";

/**
 * TensorFlow.js in Node. Loaded through CommonJS, since its ES modules do not load there.
 *
 * @throws Error where Node lacks what the backend needs
 */
export async function openNodeTfjs(bench: BenchNetwork, peer: TfjsPeer): Promise<PeerSession> {
  if (peer === "tfjs-webgl") throw new Error("Node has no WebGL");
  const require = createRequire(`${root}package.json`);
  const adapter = peer.startsWith("tfjs-webgpu") ? await provideNavigatorGpu() : undefined;
  const tf = require("@tensorflow/tfjs") as TfNamespace;
  if (adapter !== undefined) require("@tensorflow/tfjs-backend-webgpu");
  else if (peer !== "tfjs-cpu") provideWasm(require);
  await tf.setBackend(adapter !== undefined ? "webgpu" : peer === "tfjs-cpu" ? "cpu" : "wasm");
  return openTfjs(tf, bench, peer, adapter);
}

/** Says where the WebAssembly of tfjs lies. */
function provideWasm(require: NodeJS.Require): void {
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(folder: string): void;
  };
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(`${dirname(binary)}/`);
}
