import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x tanh(log(1 + e^x))`. */
export interface Mish {
  readonly op: "Mish";
}

export const facts = elementWiseFacts<Mish>();
