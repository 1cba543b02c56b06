import { maximum, type OperatorFacts } from "../../facts.js";
import type { ReducedAxes } from "../../reduction/axes.js";
import { reductionFacts } from "../../reduction/facts.js";

/** The largest value along neighbouring axes of an image. Ties: the first element. */
export interface ReduceMax extends ReducedAxes {
  readonly op: "ReduceMax";
}

export const facts: OperatorFacts<ReduceMax> = reductionFacts<ReduceMax>(maximum);
