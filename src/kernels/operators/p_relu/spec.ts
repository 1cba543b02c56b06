import { checkFloats, rejectNode, shapeText } from "../../checks.js";
import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";
import { type NodeSpec, type Shape, sizeOf } from "../../node.js";
import { rowsOfPart } from "../../part.js";

/** `x > 0 ? x : slope x`. `slope` has one value, or one per channel of the last axis, or one per unit of the input. */
export interface PRelu {
  readonly op: "PRelu";
  readonly slope: Float32Array;
}

export const facts: OperatorFacts<PRelu> = {
  ...elementWiseFacts<PRelu>(),
  shape(node, [input]) {
    checkSlope(node, input);
    return input;
  },
  weights: ({ slope }) => [slope],
  narrowed: (node, part) => {
    const { length } = node.slope;
    // Slopes of channels are for all of them; those of units stay with theirs.
    if (length > 1 && length !== node.shape[node.shape.length - 1]) return undefined;
    const made = length === 1 ? part : rowsOfPart(part, node.shape);
    return { node, part: made, inputs: [made] };
  },
};

function checkSlope(node: NodeSpec<PRelu>, input: Shape): void {
  checkFloats(node, "slope", node.slope);
  const channels = input[input.length - 1];
  const lengths = [1, channels, sizeOf(input)];
  if (!lengths.includes(node.slope.length))
    rejectNode(
      node,
      `slope has ${node.slope.length} values, expected ${lengths.join(", ")} (one, per channel, per unit of ${shapeText(input)})`,
    );
}
