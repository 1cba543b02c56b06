import { checkIntegers, rejectNode } from "../../checks.js";
import { FOLDS_NOTHING, FUSES_NOTHING, mixes, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import type { Pads } from "../../node.js";
import { type PoolWindow, poolShape, takesEveryPixel } from "../../pool.js";

/** Mean of a sliding window, over the taps inside the image and those on padding that counts as zeros. */
export interface AveragePool extends PoolWindow {
  readonly op: "AveragePool";
  /** The part of the padding that counts, ONNX's `count_include_pad`. Default: none. */
  readonly countedPads?: Pads;
}

export const facts: OperatorFacts<AveragePool> = {
  inputs: [1, 1],
  shape(node, shapes) {
    const shape = poolShape(node, shapes);
    const { countedPads, pads } = node;
    if (countedPads === undefined) return shape;
    checkIntegers(node, "countedPads", countedPads, 4, 0);
    if (countedPads.some((pad, side) => pad > pads[side]))
      rejectNode(node, `countedPads are [${countedPads}], expected at most the pads [${pads}]`);
    return shape;
  },
  ...WITHOUT_WEIGHTS,
  isIdentity: takesEveryPixel,
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: mixes,
};
