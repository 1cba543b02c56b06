import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x / (1 + e^-x)`, also called SiLU. */
export interface Swish {
  readonly op: "Swish";
}

export const facts = elementWiseFacts<Swish>();
