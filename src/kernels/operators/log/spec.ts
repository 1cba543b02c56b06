import { elementWiseFacts } from "../../element_wise/facts.js";

/** `log x`, to the base e. */
export interface Log {
  readonly op: "Log";
}

export const facts = elementWiseFacts<Log>();
