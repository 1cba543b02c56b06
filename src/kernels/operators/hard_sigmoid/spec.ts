import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";
import { sizeOf } from "../../node.js";

/** `max(0, min(1, alpha x + beta))`. */
export interface HardSigmoid {
  readonly op: "HardSigmoid";
  readonly alpha: number;
  readonly beta: number;
}

export const facts: OperatorFacts<HardSigmoid> = {
  ...elementWiseFacts<HardSigmoid>((node) => {
    checkFinite(node, "alpha", node.alpha);
    checkFinite(node, "beta", node.beta);
  }),
  // One score decides at 1/2, where its input is 0; several may saturate alike, and then say less than their inputs.
  probabilities: ({ shape, alpha, beta }) =>
    sizeOf(shape) === 1 && alpha > 0 && beta === 0.5 ? "sigmoid" : undefined,
};
