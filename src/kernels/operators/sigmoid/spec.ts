import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** `1 / (1 + e^-x)`. */
export interface Sigmoid {
  readonly op: "Sigmoid";
}

export const facts: OperatorFacts<Sigmoid> = {
  ...elementWiseFacts<Sigmoid>(),
  probabilities: () => "sigmoid",
};
