import { checkFinite, checkValues, rejectNode, shapeText } from "../../checks.js";
import {
  CHANGES_VALUES,
  type ChannelAffine,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
} from "../../facts.js";
import type { NodeSpec, Shape } from "../../node.js";

/** Inference-time batch normalisation on the last axis: `scale (x - mean) / sqrt(variance + epsilon) + bias`. */
export interface BatchNormalization {
  readonly op: "BatchNormalization";
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

export const facts: OperatorFacts<BatchNormalization> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkStatistics(node, input);
    return input;
  },
  weights: ({ scale, bias, mean, variance }) => [scale, bias, mean, variance],
  multiplyAdds: () => 0,
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  affine: factorsOf,
  ...FUSES_NOTHING,
  takesClamp: true,
  channelwise: true,
  liveness: mixes,
};

/** `y = scale[c] x + offset[c]`. */
export function factorsOf(node: BatchNormalization): ChannelAffine {
  const { mean, bias, variance, epsilon } = node;
  const scale = Float64Array.from(node.scale, (s, c) => s / Math.sqrt(variance[c] + epsilon));
  return { scale, offset: scale.map((s, c) => bias[c] - mean[c] * s) };
}

function checkStatistics(node: NodeSpec<BatchNormalization>, input: Shape): void {
  const channels = input[input.length - 1];
  for (const vector of ["scale", "bias", "mean", "variance"] as const)
    checkValues(node, vector, node[vector], channels, `channels of ${shapeText(input)}`);
  checkFinite(node, "epsilon", node.epsilon);
  for (let c = 0; c < channels; c++)
    if (node.variance[c] + node.epsilon <= 0)
      rejectNode(
        node,
        `variance[${c}] + epsilon is ${node.variance[c] + node.epsilon}, expected a positive number`,
      );
}
