import type { Mask } from "../../../kernels/wasm/cotangents.js";
import type { FusedStep } from "../../../network/fuse.js";
import type { LoweredNetwork, LoweredStep } from "./lowered.js";
import { candidateValues } from "./masks.js";
import { keepsChannels } from "./slices.js";

/**
 * Values whose cotangents are compact (`Cotangent.compact`): those that only kernels which walk live lists meet. They are
 * written by the vjp of convolutions and max-pools that read the value, pixel for pixel, and read by that of the
 * convolution that made it, or of those whose outputs it is a concatenation of; all others find a unit's cotangent by
 * its channel.
 */
export function findCompact(
  network: LoweredNetwork,
  masks: ReadonlyMap<string, Mask>,
  readers: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const candidates = candidateValues(network);
  const makers = new Map(network.steps.map((step) => [step.output, step]));
  const isPart = (name: string): boolean => {
    const maker = makers.get(name);
    return maker !== undefined && readers.get(name) === 1 && readsLists(maker) === "slices";
  };
  const found = network.steps.filter(
    (step) =>
      (readsLists(step) !== false ||
        (step.lowering.splitsChannels?.(step) &&
          step.inputs.every((name) => isPart(name) && keepsChannels(network, step, name)))) &&
      masks.has(step.output) &&
      !candidates.has(step.output) &&
      network.steps.filter((reader) => writes(reader, step)).length === readers.get(step.output),
  );
  return new Set(found.map(({ output }) => output));
}

function readsLists(step: LoweredStep): "whole" | "slices" | false {
  return step.lowering.readsLists?.(step) ?? false;
}

/** Whether the vjp of `reader` writes the cotangent of what `step` made, by the lists of its pixels. */
function writes(reader: LoweredStep, { node: made, output }: FusedStep): boolean {
  const { node, inputs } = reader;
  return (
    inputs[0] === output &&
    reader.lowering.writesLists?.(reader) === true &&
    node.inputShapes[0].join() === made.shape.join()
  );
}
