import { arithmeticFacts } from "../../arithmetic/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** Element-wise sum of two or more inputs, NumPy broadcasting of per-image shapes. */
export interface Add {
  readonly op: "Add";
}

export const facts: OperatorFacts<Add> = {
  ...arithmeticFacts<Add>((values) => [1, values.reduce<number>((sum, v) => sum + (v ?? 0), 0)]),
  isSum: true,
  pairwise: true,
};
