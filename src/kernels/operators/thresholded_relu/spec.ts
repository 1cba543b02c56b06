import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x > alpha ? x : 0`. */
export interface ThresholdedRelu {
  readonly op: "ThresholdedRelu";
  readonly alpha: number;
}

export const facts = elementWiseFacts<ThresholdedRelu>((node) => {
  checkFinite(node, "alpha", node.alpha);
});
