import { factsOf } from "../../kernels/operators/facts_of.js";
import type { Network } from "../../network/spec.js";
import type { Settings } from "./options.js";

/**
 * Multiply-adds of a forward pass from which a GPU pays, whatever the batch. The ten gradients of one image take an H200 1.5 ms for
 * ResNet-20 (41 million), most of them to launch kernels one after the other, which a small network does not shorten; two threads
 * of the WASM engine take 6.5 ms, and so about 1.6 for a quarter of that network. Batches only move the scale to the GPU's side.
 */
export const GPU_PAYS = 10_000_000;

/** What "auto" takes: WebGPU on an adapter, or WASM, and why. */
export type Choice =
  | { readonly backend: "wasm"; readonly reason: string }
  | { readonly backend: "webgpu"; readonly reason: string; readonly adapter: GPUAdapter };

/**
 * Chooses by what was asked for, then by the network, and looks for an adapter only where one would be used. Never rejects: without
 * WebGPU there is WASM.
 */
export async function choose(network: Network, settings: Settings): Promise<Choice> {
  const asked = onlyForWasm(settings);
  if (asked) return { backend: "wasm", reason: `${asked} is given` };
  const work = network.nodes.reduce((sum, node) => sum + factsOf(node).multiplyAdds(node), 0);
  const size = `${millions(work)} million multiply-adds an image`;
  if (work < GPU_PAYS)
    return {
      backend: "wasm",
      reason: `${size} are fewer than the ${millions(GPU_PAYS)} million from which a GPU pays`,
    };
  const gpu = gpuOfPage();
  // Not Node's package `webgpu`: it loads a driver and prints, which nobody has asked for.
  if (!gpu) return { backend: "wasm", reason: "navigator.gpu is missing" };
  try {
    const { findAdapter, isSoftware, nameOf } = await import("../../engines/webgpu/adapter.js");
    const adapter = await findAdapter(gpu);
    const info = adapter.info as GPUAdapterInfo | undefined;
    // Where it stood before it was a part of `info`.
    const { isFallbackAdapter } = adapter as { readonly isFallbackAdapter?: boolean };
    const name = nameOf(info);
    if (isFallbackAdapter || isSoftware(info))
      return { backend: "wasm", reason: `the WebGPU adapter ("${name}") computes on the processor` };
    return { backend: "webgpu", reason: `a GPU ("${name}") pays for ${size}`, adapter };
  } catch (error) {
    return { backend: "wasm", reason: failed(error) };
  }
}

/** Whether it is WASM whatever the network is. */
export function isSurelyWasm(settings: Settings): boolean {
  return onlyForWasm(settings) !== undefined || gpuOfPage() === undefined;
}

function gpuOfPage(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
}

/** Why WebGPU is not taken after all, in one line. */
export function failed(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `WebGPU cannot be used (${message.replace(/^compile: /, "").split("\n")[0]})`;
}

/** The option by which the caller has said that it is WASM. */
function onlyForWasm({ threads, deterministic, workerUrl }: Settings): string | undefined {
  if (deterministic) return "deterministic";
  if (threads !== "auto") return "threads";
  return workerUrl === undefined ? undefined : "workerUrl";
}

function millions(count: number): string {
  return String(Number((count / 1e6).toPrecision(2)));
}
