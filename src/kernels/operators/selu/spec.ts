import { elementWiseFacts } from "../../element_wise/facts.js";

/** `1.0507... (x > 0 ? x : 1.6732... (e^x - 1))`. */
export interface Selu {
  readonly op: "Selu";
}

export const facts = elementWiseFacts<Selu>();
