import { elementWiseFacts } from "../../element_wise/facts.js";

/** `1 / (1 + e^-x)`. */
export interface Sigmoid {
  readonly op: "Sigmoid";
}

export const facts = elementWiseFacts<Sigmoid>();
