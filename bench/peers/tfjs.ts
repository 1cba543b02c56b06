import { createTfjsEngine, type TfjsEngine, type TfNamespace } from "../../src/engines/tfjs/engine.js";
import { uploadNetwork } from "../../src/engines/tfjs/network.js";
import { simplify } from "../../src/network/simplify.js";
import type { Result } from "../case.js";
import { engineCall } from "../contenders/engine.js";
import type { BenchNetwork } from "../networks.js";
import type { PeerSession, TfjsPeer } from "./session.js";

/**
 * TensorFlow.js through our tfjs engine, which plays the network in the formulation that suits tfjs best, with a
 * reverse pass of our own; with `-grad` what tfjs offers by itself, `tf.grad` (on wasm, or on webgpu where the name says
 * so), in the better of the K-fold replicated batch and K calls.
 *
 * @param tf with its backend set
 * @param device what its backend computes on, where there is a choice
 */
export async function openTfjs(
  tf: TfNamespace,
  { network, input, images }: BenchNetwork,
  peer: TfjsPeer,
  device?: string,
): Promise<PeerSession> {
  const engines = peer.endsWith("grad")
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
          [calls.length > 1 && c.op !== "logits" ? how : "", device].filter(Boolean).join(", ") || undefined,
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
