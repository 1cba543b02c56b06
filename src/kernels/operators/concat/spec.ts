import { checkInteger, rejectNode, shapeText } from "../../checks.js";
import { copies, FOLDS_NOTHING, FUSES_NOTHING, type OperatorFacts, WITHOUT_WEIGHTS } from "../../facts.js";
import type { NodeSpec, Shape } from "../../node.js";

/** Concatenation along a per-image axis (0 is the first axis after the batch; the channel axis is rank - 1). */
export interface Concat {
  readonly op: "Concat";
  readonly axis: number;
}

export const facts: OperatorFacts<Concat> = {
  inputs: [1, Infinity],
  shape: concatShape,
  ...WITHOUT_WEIGHTS,
  isIdentity: ({ inputs }) => inputs.length === 1,
  reshapes: false,
  probabilities: () => undefined,
  ...FOLDS_NOTHING,
  ...FUSES_NOTHING,
  channelwise: false,
  liveness: copies,
};

function concatShape(node: NodeSpec<Concat>, shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  checkInteger(node, "axis", node.axis, 0);
  if (node.axis >= first.length)
    rejectNode(node, `axis is ${node.axis}, expected less than the rank of input shape ${shapeText(first)}`);
  const agree = (shape: Shape) =>
    shape.length === first.length && shape.every((n, axis) => axis === node.axis || n === first[axis]);
  if (!shapes.every(agree))
    rejectNode(
      node,
      `input shapes are ${shapes.map(shapeText).join(", ")}, expected shapes that differ on axis ${node.axis} only`,
    );
  return first.map((n, axis) => (axis === node.axis ? shapes.reduce((sum, s) => sum + s[axis], 0) : n));
}
