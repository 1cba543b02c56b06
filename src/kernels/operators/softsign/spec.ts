import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x / (1 + |x|)`. */
export interface Softsign {
  readonly op: "Softsign";
}

export const facts = elementWiseFacts<Softsign>();
