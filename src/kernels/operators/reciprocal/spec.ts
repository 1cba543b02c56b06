import { elementWiseFacts } from "../../element_wise/facts.js";

/** `1 / x`. */
export interface Reciprocal {
  readonly op: "Reciprocal";
}

export const facts = elementWiseFacts<Reciprocal>();
