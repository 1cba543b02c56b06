import { isAbsent } from "../absent.js";
import type { ReferenceOperator } from "../reference_operator.js";
import type { OpName } from "./operator.js";
import { references } from "./references.generated.js";

/** The float64 definition of an operator, or undefined where there is none. */
export function referenceOf(op: OpName): ReferenceOperator | undefined {
  const reference = references[op];
  return isAbsent(reference) ? undefined : (reference as ReferenceOperator);
}
