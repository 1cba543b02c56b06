import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x > 0 ? x : alpha (e^x - 1)`. */
export interface Elu {
  readonly op: "Elu";
  readonly alpha: number;
}

export const facts = elementWiseFacts<Elu>((node) => {
  checkFinite(node, "alpha", node.alpha);
});
