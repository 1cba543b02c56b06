import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";

/**
 * True where the last axis of what a step reads is the last axis of the step that made it, no reshape between: then a slice of the
 * channels of the one is a slice of the channels of the other.
 */
export function keepsChannels(network: FusedNetwork, { node, inputs }: FusedStep, name: string): boolean {
  const maker = network.steps.find(({ output }) => output === name);
  return node.inputShapes[inputs.indexOf(name)].at(-1) === maker?.node.shape.at(-1);
}
