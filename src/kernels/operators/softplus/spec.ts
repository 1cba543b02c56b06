import { elementWiseFacts } from "../../element_wise/facts.js";

/** `log(1 + e^x)`. */
export interface Softplus {
  readonly op: "Softplus";
}

export const facts = elementWiseFacts<Softplus>();
