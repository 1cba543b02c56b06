import { checkRank } from "../../checks.js";
import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  maximum,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../../facts.js";

/** Largest value of each channel, `[H, W, C] -> [C]`. Ties: the first element. */
export interface GlobalMaxPool {
  readonly op: "GlobalMaxPool";
}

export const facts: OperatorFacts<GlobalMaxPool> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkRank(node, input, 3, "HxWxC");
    return [input[2]];
  },
  ...WITHOUT_WEIGHTS,
  ...CHANGES_VALUES,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: maximum,
};
