import { factsOf } from "../../../kernels/operators/facts_of.js";
import type { Mask } from "../../../kernels/wasm/cotangents.js";
import type { Kept, Memory } from "../../../kernels/wasm/lowering.js";
import type { Buffer } from "../../../kernels/wasm/tape.js";
import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";
import type { LoweredNetwork } from "./lowered.js";

/** Values that come out of a relu, through what copies and maxima of such. */
export function findSparse(network: FusedNetwork): ReadonlySet<string> {
  const sparse = new Set<string>();
  for (const step of network.steps) {
    const passes = keepsTest(step) && step.inputs.every((name) => sparse.has(name));
    if (step.clamp ? step.clamp.low === 0 : passes) sparse.add(step.output);
  }
  return sparse;
}

/**
 * Values whose cotangents are likely to be defined at every unit and not 0 at most of them: known before masks are. Nothing
 * clamps them or what they are copies of, no maximum reads them, nothing that is clamped hands its cotangent on to them, and
 * they are no scores, of which few get a cotangent.
 */
export function findWhole(network: FusedNetwork): ReadonlySet<string> {
  const tested = new Set<string>(candidateValues(network));
  for (const step of network.steps)
    if (step.clamp || (keepsTest(step) && step.inputs.some((name) => tested.has(name))))
      tested.add(step.output);
  for (const step of [...network.steps].reverse()) {
    const { node, inputs, output, residual } = step;
    const { liveness, weights } = factsOf(node);
    if (liveness(node) === "maximum" || (tested.has(output) && weights(node).length === 0))
      for (const name of inputs) tested.add(name);
    if (residual !== undefined && tested.has(output)) tested.add(residual);
  }
  const values = [network.input, ...network.steps.map(({ output }) => output)];
  return new Set(values.filter((name) => !tested.has(name)));
}

/** What passes every test of its inputs, `low < value < high`, on to its output: maxima, and what copies. */
function keepsTest({ node, residual }: FusedStep): boolean {
  return residual === undefined && factsOf(node).liveness(node) !== "mixes" && node.inputs.length > 0;
}

/**
 * Which units of each value are live. A clamp masks its output; a maximum or a copy of values with one clamp has the same
 * test on its own output; and of a value that only a max-pool reads, or a concatenation that only a max-pool reads,
 * just the winners are. The image has no mask: its gradient is wanted everywhere.
 */
export function findMasks(
  network: LoweredNetwork,
  memory: Memory,
  values: ReadonlyMap<string, Buffer>,
  kept: ReadonlyMap<FusedStep, Kept>,
  readers: ReadonlyMap<string, number>,
): Map<string, Mask> {
  const masks = new Map<string, Mask>();
  for (const step of network.steps) {
    const own = values.get(step.output) as Buffer;
    if (step.clamp) {
      masks.set(step.output, { values: own, ...step.clamp });
      continue;
    }
    if (!keepsTest(step)) continue;
    const [first, ...rest] = step.inputs.map((name) => masks.get(name));
    if (first && rest.every((m) => m && m.low === first.low && m.high === first.high))
      masks.set(step.output, { values: own, low: first.low, high: first.high });
  }
  const winners = (name: string, live: () => Buffer): void => {
    if (readers.get(name) === 1 && name !== network.input)
      masks.set(name, { values: live(), low: 0, high: Infinity, winners: true });
  };
  // Readers first: what wins in a concatenation is known before what wins in its parts.
  for (const step of [...network.steps].reverse()) {
    const live = kept.get(step)?.live;
    if (live) winners(step.inputs[0], () => live);
    if (step.lowering.splitsWinners && masks.get(step.output)?.winners)
      for (const name of step.inputs)
        winners(name, () => memory.reserve(4 * (network.sizes.get(name) as number) + 16));
  }
  return masks;
}

/** How often each value is read, as an input, as a residual or as the network's output. */
export function countReaders(network: FusedNetwork): Map<string, number> {
  const readers = new Map<string, number>([[network.output, 1]]);
  const add = (name: string): void => {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  };
  for (const step of network.steps) {
    step.inputs.forEach(add);
    if (step.residual) add(step.residual);
  }
  return readers;
}

/** Values whose channels are the classes one to one, all the way to the logits. */
export function candidateValues(network: FusedNetwork): Set<string> {
  const readers = countReaders(network);
  // As they are stored: what reads a value may have reshaped it.
  const channels = new Map([[network.input, network.inputShape.at(-1)]]);
  for (const { output, node } of network.steps) channels.set(output, node.shape.at(-1));
  const found = new Set<string>();
  const add = (name: string): void => {
    if (channels.get(name) === network.classes && readers.get(name) === 1) found.add(name);
  };
  add(network.output);
  for (const step of [...network.steps].reverse()) {
    const { node, inputs, output } = step;
    const { channelwise, liveness } = factsOf(node);
    // A maximum writes its winners alone, so that other channels would not be zero.
    const passes = channelwise && liveness(node) !== "maximum";
    if (found.has(output) && passes && node.inputShapes[0].at(-1) === network.classes) add(inputs[0]);
  }
  return found;
}
