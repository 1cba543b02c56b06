import { elementWiseFacts } from "../../element_wise/facts.js";

/** `e^x`. */
export interface Exp {
  readonly op: "Exp";
}

export const facts = elementWiseFacts<Exp>();
