import { checkIntegers, checkRank } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type Pads, sameShape } from "../../node.js";
import { paddedSize } from "../../window.js";

/** Zero padding of the two spatial axes of `[H, W, C]`. */
export interface Pad {
  readonly op: "Pad";
  readonly pads: Pads;
}

export const facts: OperatorFacts<Pad> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkRank(node, input, 3, "HxWxC");
    checkIntegers(node, "pads", node.pads, 4, 0);
    return [...paddedSize(input, node.pads), input[2]];
  },
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ shape, inputShapes }) => sameShape(shape, inputShapes[0]),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  zeroPads: ({ pads }) => pads,
  absorbsPads: (node, pads) => ({
    ...node,
    pads: node.pads.map((pad, side) => pad + pads[side]) as unknown as Pads,
  }),
  ...FUSES_NOTHING,
  channelwise: true,
  liveness: copies,
};
