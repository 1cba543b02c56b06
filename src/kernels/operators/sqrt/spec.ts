import { elementWiseFacts } from "../../element_wise/facts.js";

/** The square root of x. */
export interface Sqrt {
  readonly op: "Sqrt";
}

export const facts = elementWiseFacts<Sqrt>();
