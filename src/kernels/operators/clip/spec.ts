import { rejectNode } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";

/**
 * `min(max, max(min, x))`. With `min: 0` a clipped relu (`max: 6` is Relu6); the derivative at a kink is 0, as in PyTorch
 * and TensorFlow, so a unit is live where `min < x < max`. An infinite bound is ONNX's absent bound.
 */
export interface Clip {
  readonly op: "Clip";
  readonly min: number;
  readonly max: number;
}

export const facts: OperatorFacts<Clip> = {
  ...elementWiseFacts<Clip>((node) => {
    // The negated form also rejects NaN.
    if (!(node.min < node.max))
      rejectNode(node, `min and max are ${node.min} and ${node.max}, expected min < max`);
  }),
  clamp: ({ min, max }) => ({ low: min, high: max }),
};
