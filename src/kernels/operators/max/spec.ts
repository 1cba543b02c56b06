import { extremeFacts } from "../../extreme/facts.js";

/** Element-wise maximum of two or more inputs, NumPy broadcasting of per-image shapes. */
export interface Max {
  readonly op: "Max";
}

export const facts = extremeFacts<Max>();
