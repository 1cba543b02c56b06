import { arithmeticFacts } from "../arithmetic/facts.js";
import type { OperatorFacts } from "../facts.js";
import type { AnyOperator } from "../node.js";

/** Facts of the largest or smallest of two or more values. */
export function extremeFacts<O extends AnyOperator>(): OperatorFacts<O> {
  return { ...arithmeticFacts<O>(() => undefined), pairwise: true };
}
