import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x > 0 ? x : alpha x`. */
export interface LeakyRelu {
  readonly op: "LeakyRelu";
  readonly alpha: number;
}

export const facts = elementWiseFacts<LeakyRelu>((node) => {
  checkFinite(node, "alpha", node.alpha);
});
