import { checkIntegers, rejectNode, shapeText } from "../../checks.js";
import type { OperatorFacts } from "../../facts.js";
import { type Shape, sizeOf } from "../../node.js";
import { reshapingFacts } from "../../reshaping.js";

/** Row-major reinterpretation. */
export interface Reshape {
  readonly op: "Reshape";
  readonly shape: Shape;
}

export const facts: OperatorFacts<Reshape> = reshapingFacts((node, [input]) => {
  checkIntegers(node, "shape", node.shape, undefined, 1);
  if (node.shape.length === 0 || sizeOf(node.shape) !== sizeOf(input))
    rejectNode(
      node,
      `shape is ${shapeText(node.shape)}, expected the ${sizeOf(input)} values of ${shapeText(input)}`,
    );
  return node.shape;
});
