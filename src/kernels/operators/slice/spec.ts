import { checkIntegers, rejectNode } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import { type NodeSpec, type Shape, sameShape } from "../../node.js";

/** `x[starts[a] : ends[a]]` on every per-image axis `a`. Cropping. */
export interface Slice {
  readonly op: "Slice";
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export const facts: OperatorFacts<Slice> = {
  inputs: [1, 1],
  shape: slicedShape,
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ shape, inputShapes }) => sameShape(shape, inputShapes[0]),
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: copies,
};

function slicedShape(node: NodeSpec<Slice>, [input]: readonly Shape[]): Shape {
  checkIntegers(node, "starts", node.starts, input.length, 0);
  checkIntegers(node, "ends", node.ends, input.length, 1);
  return input.map((n, axis) => {
    const [start, end] = [node.starts[axis], node.ends[axis]];
    if (start >= end || end > n)
      rejectNode(node, `slice of axis ${axis} is ${start}:${end}, expected a non-empty part of 0:${n}`);
    return end - start;
  });
}
