import { extremeFacts } from "../../extreme/facts.js";

/** Element-wise minimum of two or more inputs, NumPy broadcasting of per-image shapes. */
export interface Min {
  readonly op: "Min";
}

export const facts = extremeFacts<Min>();
