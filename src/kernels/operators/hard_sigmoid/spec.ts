import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `max(0, min(1, alpha x + beta))`. */
export interface HardSigmoid {
  readonly op: "HardSigmoid";
  readonly alpha: number;
  readonly beta: number;
}

export const facts = elementWiseFacts<HardSigmoid>((node) => {
  checkFinite(node, "alpha", node.alpha);
  checkFinite(node, "beta", node.beta);
});
