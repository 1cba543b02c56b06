import { arithmeticFacts } from "../../arithmetic/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** Element-wise difference of two inputs, NumPy broadcasting of per-image shapes. */
export interface Sub {
  readonly op: "Sub";
}

export const facts: OperatorFacts<Sub> = {
  ...arithmeticFacts<Sub>(([a, b]) => (a === undefined ? [1, -(b ?? 0)] : [-1, a])),
  inputs: [2, 2],
};
