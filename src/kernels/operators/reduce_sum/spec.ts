import { mixes, type OperatorFacts } from "../../facts.js";
import type { ReducedAxes } from "../../reduction/axes.js";
import { reductionFacts } from "../../reduction/facts.js";

/** The sum along neighbouring axes of an image. */
export interface ReduceSum extends ReducedAxes {
  readonly op: "ReduceSum";
}

export const facts: OperatorFacts<ReduceSum> = reductionFacts<ReduceSum>(mixes);

/** What the sum of so many values is multiplied by. */
export const factorOf = (): number => 1;
