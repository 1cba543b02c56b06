import { UnsupportedOperatorError } from "../../api/errors.js";
import { checkChoice, checkFinite, checkFloats, nameText, rejectNode, shapeText } from "../checks.js";
import { type Activation, type NodeSpec, type Shape, sizeOf } from "../spec.js";

/**
 * An activation keeps its input's shape; only its parameters can be wrong.
 *
 * @throws ModelError for a parameter that does not fit
 * @throws UnsupportedOperatorError where the operator is no activation (and so, by elimination, nothing we know)
 */
export function checkActivation(node: NodeSpec<Activation>, input: Shape): void {
  switch (node.op) {
    case "Relu":
    case "Selu":
    case "Sigmoid":
    case "Tanh":
    case "Softplus":
    case "Softsign":
    case "Mish":
    case "Swish":
    case "HardSwish":
      return;
    case "Clip":
      // An infinite bound is ONNX's absent bound. The negated form also rejects NaN.
      if (!(node.min < node.max))
        rejectNode(node, `min and max are ${node.min} and ${node.max}, expected min < max`);
      return;
    case "LeakyRelu":
    case "ThresholdedRelu":
    case "Elu":
      checkFinite(node, "alpha", node.alpha);
      return;
    case "HardSigmoid":
      checkFinite(node, "alpha", node.alpha);
      checkFinite(node, "beta", node.beta);
      return;
    case "Gelu":
      checkChoice(node, "approximate", node.approximate, ["none", "tanh"]);
      return;
    case "PRelu":
      checkSlope(node, input);
      return;
    default: {
      const unknown = node as { readonly name: string; readonly op: unknown };
      throw new UnsupportedOperatorError(nameText(unknown.name), nameText(unknown.op));
    }
  }
}

function checkSlope(node: NodeSpec<Extract<Activation, { op: "PRelu" }>>, input: Shape): void {
  checkFloats(node, "slope", node.slope);
  const channels = input[input.length - 1];
  const lengths = [1, channels, sizeOf(input)];
  if (!lengths.includes(node.slope.length))
    rejectNode(
      node,
      `slope has ${node.slope.length} values, expected ${lengths.join(", ")} (one, per channel, per unit of ${shapeText(input)})`,
    );
}
