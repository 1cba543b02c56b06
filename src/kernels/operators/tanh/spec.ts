import { elementWiseFacts } from "../../element_wise/facts.js";

/** `tanh x`. */
export interface Tanh {
  readonly op: "Tanh";
}

export const facts = elementWiseFacts<Tanh>();
