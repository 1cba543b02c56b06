import type { KernelCall, KernelCalls } from "../engines/kernel_calls.js";
import { wasmKernelCalls } from "../engines/wasm/plan/kernel_calls.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import { type FusedNetwork, fuse } from "../network/fuse.js";
import { consumersOf } from "../network/graph.js";
import { resolveInput } from "../network/input.js";
import { simplify } from "../network/simplify.js";
import type { Network, Node } from "../network/spec.js";

/** Names of kernels, each once, in the order in which an engine calls them. */
export interface PassKernels {
  readonly forward: readonly string[];
  /** Of a backward pass of ten cotangents. */
  readonly backward: readonly string[];
}

/** What the engines run for a layer. */
export interface LayerKernels {
  /**
   * The first layer of the step that this one is part of, where it is not the first itself: a relu is part of the convolution
   * before it, which has the kernels of both.
   */
  readonly partOf?: string;
  readonly wasm: PassKernels;
  readonly webgpu: PassKernels;
}

const NONE: PassKernels = { forward: [], backward: [] };

/** The kernels of each layer, as the engines fold and fuse layers into steps; none for what only renames values. */
export async function layerKernels(network: Network): Promise<ReadonlyMap<string, LayerKernels>> {
  const transform = resolveInput(undefined, network.input.shape.at(-1) ?? 1);
  const fused = fuse(simplify(network));
  const wasm = byLabel(wasmKernelCalls(fused, transform));
  // Loaded only when asked for, as the engine is.
  const { webgpuKernelCalls } = await import("../engines/webgpu/kernel_calls.js");
  const webgpu = byLabel(webgpuKernelCalls(fused, transform));
  const steps = stepsOf(network, fused);
  const firsts = new Map<string, string>();
  const found = new Map<string, LayerKernels>();
  for (const { name } of network.nodes) {
    const step = steps.get(name);
    const first = step === undefined ? name : (firsts.get(step) ?? name);
    if (step === undefined) found.set(name, { wasm: NONE, webgpu: NONE });
    else if (first !== name) found.set(name, { partOf: first, wasm: NONE, webgpu: NONE });
    else {
      firsts.set(step, name);
      found.set(name, { wasm: wasm.get(step) ?? NONE, webgpu: webgpu.get(step) ?? NONE });
    }
  }
  return found;
}

function byLabel({ forward, backward }: KernelCalls): ReadonlyMap<string, PassKernels> {
  const found = new Map<string, { forward: Set<string>; backward: Set<string> }>();
  const collect = (calls: readonly KernelCall[], pass: "forward" | "backward"): void => {
    for (const { label, kernel } of calls) {
      const step = ofChain(label);
      const kernels = found.get(step) ?? { forward: new Set(), backward: new Set() };
      kernels[pass].add(kernel);
      found.set(step, kernels);
    }
  };
  collect(forward, "forward");
  collect(backward, "backward");
  return new Map(
    [...found].map(([step, of]) => [step, { forward: [...of.forward], backward: [...of.backward] }]),
  );
}

/** The layer that a pair of a chain of pairs was made of. */
function ofChain(name: string): string {
  return name.split("\u0000")[0];
}

/** The step that computes each layer, by the name of its node; undefined where no kernel runs. */
function stepsOf(network: Network, fused: FusedNetwork): ReadonlyMap<string, string> {
  const ends = new Map<string, string>();
  for (const { node, output } of fused.steps) {
    ends.set(output, ofChain(node.name));
    ends.set(ofChain(node.name), ofChain(node.name));
  }
  const consumers = consumersOf(network.nodes);
  const found = new Map<string, string>();
  for (const layer of network.nodes) {
    const step = stepOf(layer, ends, consumers);
    if (step !== undefined) found.set(layer.name, step);
  }
  return found;
}

/** A layer that was folded is part of the step of the layer that reads it. */
function stepOf(
  layer: Node,
  ends: ReadonlyMap<string, string>,
  consumers: ReadonlyMap<string, Node[]>,
): string | undefined {
  let node: Node | undefined = layer;
  while (node) {
    const known = ends.get(node.name);
    if (known !== undefined) return known;
    if (makesNothing(node)) return undefined;
    node = consumers.get(node.name)?.[0];
  }
  return undefined;
}

/** Whether it is another name of its input, or a value of the model. */
function makesNothing(node: Node): boolean {
  const { isIdentity, reshapes } = factsOf(node);
  return isIdentity(node) || reshapes || node.op === "Constant";
}
