import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createTfjsEngine, type TfjsEngine, type TfNamespace } from "../../src/engines/tfjs/engine.js";
import { uploadNetwork } from "../../src/engines/tfjs/network.js";
import { simplify } from "../../src/network/simplify.js";
import type { Result } from "../case.js";
import { engineCall } from "../contenders/engine.js";
import { type BenchNetwork, root } from "../networks.js";
import { provideNavigatorGpu } from "./navigator_gpu.js";
import type { PeerSession, TfjsPeer } from "./session.js";

/**
 * TensorFlow.js through our tfjs engine, which plays the network in the formulation that suits tfjs best, with a
 * reverse pass of our own; with `-grad` what tfjs offers by itself, `tf.grad` (on wasm, or on webgpu where the name says
 * so), in the better of the K-fold replicated batch and K calls. Loaded through CommonJS, since its ES modules do not
 * load in Node.
 */
export async function openTfjs(
  { network, input, images }: BenchNetwork,
  peer: TfjsPeer,
): Promise<PeerSession> {
  const require = createRequire(`${root}package.json`);
  const adapter = peer.startsWith("tfjs-webgpu") ? await provideNavigatorGpu() : undefined;
  const tf = require("@tensorflow/tfjs") as TfNamespace;
  if (adapter !== undefined) require("@tensorflow/tfjs-backend-webgpu");
  else if (peer !== "tfjs-cpu") provideWasm(require);
  await tf.setBackend(adapter !== undefined ? "webgpu" : peer === "tfjs-cpu" ? "cpu" : "wasm");
  const engines = peer.endsWith("-grad")
    ? await gradEngines(tf, { network, input })
    : { network: await createTfjsEngine(network, { tf, input }) };
  return {
    version: (tf as unknown as { version_core: string }).version_core,
    async prepare(c) {
      const calls = Object.entries(engines).map(([how, engine]) => ({
        how,
        call: engineCall(engine, images, c),
      }));
      const { how, call } = c.op === "logits" || calls.length === 1 ? calls[0] : await fastest(calls);
      return {
        call,
        how:
          [calls.length > 1 && c.op !== "logits" ? how : "", adapter].filter(Boolean).join(", ") || undefined,
      };
    },
  };
}

/** `tf.grad` of the network in both formulations. */
async function gradEngines(
  tf: TfNamespace,
  { network, input }: Pick<BenchNetwork, "network" | "input">,
): Promise<Record<"replicate" | "loop", TfjsEngine>> {
  const { forward } = uploadNetwork(tf, simplify(network));
  const options = { tf, input, inputShape: network.input.shape, classes: network.classes };
  return {
    replicate: await createTfjsEngine(forward, { ...options, formulation: "replicate" }),
    loop: await createTfjsEngine(forward, { ...options, formulation: "loop" }),
  };
}

interface NamedCall {
  readonly how: string;
  readonly call: () => Promise<Result>;
}

/**
 * The call whose second run is the shortest; the first prepares shaders and memory.
 *
 * @throws Error, the last one, where none runs
 */
async function fastest(calls: readonly NamedCall[]): Promise<NamedCall> {
  let best: { readonly chosen: NamedCall; readonly time: number } | undefined;
  let failure: unknown;
  for (const chosen of calls)
    try {
      await chosen.call();
      const start = performance.now();
      await chosen.call();
      const time = performance.now() - start;
      if (!best || time < best.time) best = { chosen, time };
    } catch (error) {
      failure = error;
    }
  if (!best) throw failure;
  return best.chosen;
}

/** Says where the WebAssembly of tfjs lies. */
function provideWasm(require: NodeJS.Require): void {
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(folder: string): void;
  };
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm");
  setWasmPaths(`${dirname(binary)}/`);
}
