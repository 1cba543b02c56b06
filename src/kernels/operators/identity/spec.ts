import type { OperatorFacts } from "../../facts.js";
import { reshapingFacts } from "../../reshaping.js";

/** Dropout and noise layers at inference. */
export interface Identity {
  readonly op: "Identity";
}

export const facts: OperatorFacts<Identity> = {
  ...reshapingFacts<Identity>((_node, [input]) => input),
  channelwise: true,
};
