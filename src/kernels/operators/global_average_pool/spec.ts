import { checkRank } from "../../checks.js";
import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../../facts.js";

/** Mean of each channel, `[H, W, C] -> [C]`. */
export interface GlobalAveragePool {
  readonly op: "GlobalAveragePool";
}

export const facts: OperatorFacts<GlobalAveragePool> = {
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
  liveness: mixes,
};
