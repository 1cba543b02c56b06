import { checkFinite } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x^exponent`, one exponent for all values. */
export interface Pow {
  readonly op: "Pow";
  readonly exponent: number;
}

export const facts = elementWiseFacts<Pow>((node) => {
  checkFinite(node, "exponent", node.exponent);
});
