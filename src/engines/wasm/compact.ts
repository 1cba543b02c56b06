import { isDepthwise } from "../../kernels/conv/pack.js";
import type { FusedNetwork, Step } from "../../network/fuse.js";
import { candidateValues, type Mask } from "./live.js";

/**
 * Values whose cotangents are compact (`Cotangent.compact`): those that only kernels which walk live lists meet. They are
 * written by the vjp of convolutions and max-pools that read the value, pixel for pixel, and read by that of the
 * convolution that made it, or of those whose outputs it is a concatenation of; all others find a unit's cotangent by
 * its channel.
 */
export function findCompact(
  network: FusedNetwork,
  masks: ReadonlyMap<string, Mask>,
  readers: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const candidates = candidateValues(network);
  const makers = new Map(network.steps.map((step) => [step.output, step]));
  const isPart = (name: string): boolean => {
    const maker = makers.get(name);
    // The lists of a slice begin and end at blocks, which are multiples of 4 channels.
    return maker !== undefined && readers.get(name) === 1 && isDense(maker) && isWhole(maker);
  };
  const found = network.steps.filter(
    (step) =>
      (isDense(step) || (isOfChannels(step) && step.inputs.every(isPart))) &&
      masks.has(step.output) &&
      !candidates.has(step.output) &&
      network.steps.filter((reader) => writes(reader, step)).length === readers.get(step.output),
  );
  return new Set(found.map(({ output }) => output));
}

/** A convolution or a dense layer that nothing is added to. */
function isDense({ node, residual }: Step): boolean {
  if (residual !== undefined) return false;
  return node.op === "Gemm" || (node.op === "Conv" && !isDepthwise(node, node.inputShapes[0][2]));
}

function isWhole({ node }: Step): boolean {
  return (node.op !== "Conv" || node.groups === 1) && (node.shape.at(-1) ?? 0) % 4 === 0;
}

/** A concatenation along the channels. */
function isOfChannels({ node }: Step): boolean {
  return node.op === "Concat" && node.axis === node.shape.length - 1;
}

const WALKS_LISTS = new Set(["Conv", "Gemm", "MaxPool", "GlobalMaxPool"]);

/** Whether the vjp of `reader` writes the cotangent of what `step` made, by the lists of its pixels. */
function writes({ node, inputs }: Step, { node: made, output }: Step): boolean {
  return inputs[0] === output && WALKS_LISTS.has(node.op) && node.inputShapes[0].join() === made.shape.join();
}
