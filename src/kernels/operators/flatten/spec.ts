import type { OperatorFacts } from "../../facts.js";
import { sizeOf } from "../../node.js";
import { reshapingFacts } from "../../reshaping.js";

/** Row-major reinterpretation as a vector `[D]`. */
export interface Flatten {
  readonly op: "Flatten";
}

export const facts: OperatorFacts<Flatten> = reshapingFacts((_node, [input]) => [sizeOf(input)]);
