import { checkIntegers, rejectNode, shapeText } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";

/** Output axis `a` is input axis `perm[a]` (per-image axes). Keras `Permute`. */
export interface Transpose {
  readonly op: "Transpose";
  readonly perm: readonly number[];
}

export const facts: OperatorFacts<Transpose> = {
  inputs: [1, 1],
  shape(node, [input]) {
    checkIntegers(node, "perm", node.perm, input.length, 0);
    if (input.some((_, axis) => !node.perm.includes(axis)))
      rejectNode(node, `perm is [${node.perm}], expected each axis of ${shapeText(input)} once`);
    return node.perm.map((axis) => input[axis]);
  },
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ perm }) => perm.every((from, axis) => from === axis),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  narrowed: (node, part) => {
    const { perm } = node;
    const ofInput = (along: readonly number[]) => perm.map((_, axis) => along[perm.indexOf(axis)]);
    return { node, part, inputs: [{ starts: ofInput(part.starts), ends: ofInput(part.ends) }] };
  },
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: copies,
};
