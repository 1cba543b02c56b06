import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../facts.js";
import type { AnyOperator } from "../node.js";
import { type ReducedAxes, reducedShape } from "./axes.js";

export function reductionFacts<O extends AnyOperator & ReducedAxes>(
  liveness: OperatorFacts<O>["liveness"],
): OperatorFacts<O> {
  return {
    inputs: [1, 1],
    shape: reducedShape,
    ...WITHOUT_WEIGHTS,
    ...CHANGES_VALUES,
    ...FOLDS_NOTHING,
    ...FUSES_NOTHING,
    channelwise: false,
    liveness,
  };
}
