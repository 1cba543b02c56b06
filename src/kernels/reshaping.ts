/** What operators share whose output is their input in the same order: another name, perhaps another shape. */
import { absent } from "./absent.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "./facts.js";
import { type AnyOperator, sameShape } from "./node.js";
import type { ReferenceOperator } from "./reference_operator.js";

/** Nothing is copied: results are the arguments. */
export function unchanged<O extends AnyOperator>(): ReferenceOperator<O> {
  return {
    forward: (_node, [x]) => x,
    vjp: (_node, _x, _y, dy) => [dy],
  };
}

export function reshapingFacts<O extends AnyOperator>(shape: OperatorFacts<O>["shape"]): OperatorFacts<O> {
  return {
    inputs: [1, 1],
    shape,
    ...WITHOUT_WEIGHTS,
    isIdentity: ({ shape: made, inputShapes }) => sameShape(made, inputShapes[0]),
    reshapes: true,
    probabilities: () => undefined,
    ...FOLDS_NOTHING,
    ...FUSES_NOTHING,
    channelwise: false,
    liveness: copies,
  };
}

/** Why engines that fuse steps have no lowering of them. */
export const RENAMED = absent("fuse makes it another name of its input");
