import type { OperatorFacts } from "../facts.js";
import { facts } from "./facts.generated.js";
import type { Operator, OperatorNamed, OpName } from "./operator.js";

/** The facts of an operator, whichever it is. */
export function factsOf<N extends OpName>(operator: { readonly op: N }): OperatorFacts<OperatorNamed<N>> {
  return facts[operator.op] as OperatorFacts<OperatorNamed<N>>;
}

/** Whether a name read from a file is that of an operator. */
export function isOperator(op: unknown): op is Operator["op"] {
  return typeof op === "string" && Object.hasOwn(facts, op);
}
