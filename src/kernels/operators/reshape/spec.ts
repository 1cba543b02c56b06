import { checkIntegers, rejectNode, shapeText } from "../../checks.js";
import type { OperatorFacts } from "../../facts.js";
import { type NodeSpec, type Shape, sizeOf } from "../../node.js";
import { partOn, shapeOfPart } from "../../part.js";
import { reshapingFacts } from "../../reshaping.js";

/** Row-major reinterpretation. */
export interface Reshape {
  readonly op: "Reshape";
  readonly shape: Shape;
}

export const facts: OperatorFacts<Reshape> = {
  ...reshapingFacts<Reshape>(reshaped),
  narrowed: (node, part) => {
    // Axes in front that both shapes have; what is behind them stays whole.
    const [input] = node.inputShapes;
    const other = node.shape.findIndex((n, axis) => n !== input[axis]);
    const common = other < 0 ? Math.min(node.shape.length, input.length) : other;
    const made = partOn((axis) => axis < common, part, node.shape);
    const read = partOn((axis) => axis < common, part, input);
    return { node: { ...node, shape: shapeOfPart(made) }, part: made, inputs: [read] };
  },
};

function reshaped(node: NodeSpec<Reshape>, [input]: readonly Shape[]): Shape {
  checkIntegers(node, "shape", node.shape, undefined, 1);
  if (node.shape.length === 0 || sizeOf(node.shape) !== sizeOf(input))
    rejectNode(
      node,
      `shape is ${shapeText(node.shape)}, expected the ${sizeOf(input)} values of ${shapeText(input)}`,
    );
  return node.shape;
}
