import { elementWiseFacts } from "../../element_wise/facts.js";

/** `x max(0, min(1, x / 6 + 1/2))`. */
export interface HardSwish {
  readonly op: "HardSwish";
}

export const facts = elementWiseFacts<HardSwish>();
