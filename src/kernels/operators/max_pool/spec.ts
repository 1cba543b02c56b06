import { FOLDS_NOTHING, FUSES_NOTHING, maximum, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type PoolWindow, poolShape, takesEveryPixel } from "../../pool.js";

/** Largest value of a sliding window; padding never wins. Ties: the first element. */
export interface MaxPool extends PoolWindow {
  readonly op: "MaxPool";
}

export const facts: OperatorFacts<MaxPool> = {
  inputs: [1, 1],
  shape: poolShape,
  ...WITHOUT_WEIGHTS,
  isIdentity: takesEveryPixel,
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: maximum,
};
