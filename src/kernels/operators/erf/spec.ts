import { elementWiseFacts } from "../../element_wise/facts.js";

/** The error function, `2 / sqrt(pi)` times the integral of `e^(-t^2)` from 0 to x. */
export interface Erf {
  readonly op: "Erf";
}

export const facts = elementWiseFacts<Erf>();
