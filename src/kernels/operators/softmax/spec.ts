import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../../facts.js";
import { sizeOf } from "../../node.js";
import { rowsOfPart } from "../../part.js";

/**
 * Softmax on the last axis: `e^x` over the sum of `e^x` of the axis. As the last node over all classes `buildNetwork` strips
 * it: unifool works on logits.
 */
export interface Softmax {
  readonly op: "Softmax";
}

export const facts: OperatorFacts<Softmax> = {
  inputs: [1, 1],
  shape: (_node, [input]) => input,
  ...WITHOUT_WEIGHTS,
  ...CHANGES_VALUES,
  // Class order and argmax are the same with and without it, provided that it normalises over all classes.
  probabilities: ({ shape }) => (shape[shape.length - 1] === sizeOf(shape) ? "softmax" : undefined),
  ...FOLDS_NOTHING,
  narrowed: (node, part) => {
    const rows = rowsOfPart(part, node.shape);
    return { node, part: rows, inputs: [rows] };
  },
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: mixes,
};
