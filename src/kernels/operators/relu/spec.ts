import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** `max(0, x)`; at 0 the derivative is 0, as in PyTorch and TensorFlow, so a unit is live where `x > 0`. */
export interface Relu {
  readonly op: "Relu";
}

export const facts: OperatorFacts<Relu> = {
  ...elementWiseFacts<Relu>(),
  clamp: () => ({ low: 0, high: Infinity }),
};
