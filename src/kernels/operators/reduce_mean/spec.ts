import { mixes, type OperatorFacts } from "../../facts.js";
import type { ReducedAxes } from "../../reduction/axes.js";
import { reductionFacts } from "../../reduction/facts.js";

/** The mean along neighbouring axes of an image. */
export interface ReduceMean extends ReducedAxes {
  readonly op: "ReduceMean";
}

export const facts: OperatorFacts<ReduceMean> = reductionFacts<ReduceMean>(mixes);

/** What the sum of so many values is multiplied by. */
export const factorOf = (count: number): number => 1 / count;
