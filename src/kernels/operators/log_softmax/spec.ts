import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../../facts.js";
import { sizeOf } from "../../node.js";
import { MISSING } from "./missing.js";

/** The logarithm of a softmax on the last axis. Only as the last node, where `buildNetwork` strips it: unifool works on logits. */
export interface LogSoftmax {
  readonly op: "LogSoftmax";
}

export const facts: OperatorFacts<LogSoftmax> = {
  missing: MISSING,
  inputs: [1, 1],
  shape: (_node, [input]) => input,
  ...WITHOUT_WEIGHTS,
  ...CHANGES_VALUES,
  // Its input less a number for each image, provided that it normalises over all classes.
  probabilities: ({ shape }) => (shape[shape.length - 1] === sizeOf(shape) ? "softmax" : undefined),
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: mixes,
};
