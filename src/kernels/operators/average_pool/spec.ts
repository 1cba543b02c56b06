import { FOLDS_NOTHING, FUSES_NOTHING, mixes, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type PoolWindow, poolShape, takesEveryPixel } from "../../pool.js";

/** Mean of a sliding window; padding is never counted. */
export interface AveragePool extends PoolWindow {
  readonly op: "AveragePool";
}

export const facts: OperatorFacts<AveragePool> = {
  inputs: [1, 1],
  shape: poolShape,
  ...WITHOUT_WEIGHTS,
  isIdentity: takesEveryPixel,
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: mixes,
};
