import { elementWiseFacts } from "../../element_wise/facts.js";

/** 1 above 0, -1 below it, 0 at 0. */
export interface Sign {
  readonly op: "Sign";
}

export const facts = elementWiseFacts<Sign>();
