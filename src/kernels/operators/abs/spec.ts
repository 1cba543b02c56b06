import { elementWiseFacts } from "../../element_wise/facts.js";

/** `|x|`. */
export interface Abs {
  readonly op: "Abs";
}

export const facts = elementWiseFacts<Abs>();
