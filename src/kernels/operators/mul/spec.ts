import { arithmeticFacts } from "../../arithmetic/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** Element-wise product of two or more inputs, NumPy broadcasting of per-image shapes. */
export interface Mul {
  readonly op: "Mul";
}

export const facts: OperatorFacts<Mul> = {
  ...arithmeticFacts<Mul>((values) => [values.reduce<number>((product, v) => product * (v ?? 1), 1), 0]),
  pairwise: true,
};
