import { arithmeticFacts } from "../../arithmetic/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** Element-wise quotient of two inputs, NumPy broadcasting of per-image shapes. */
export interface Div {
  readonly op: "Div";
}

export const facts: OperatorFacts<Div> = {
  ...arithmeticFacts<Div>(([a, b]) =>
    a === undefined && b !== undefined && b !== 0 ? [1 / b, 0] : undefined,
  ),
  inputs: [2, 2],
};
