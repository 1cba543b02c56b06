import { buildNetwork } from "../../src/network/build.js";
import type { Network, NodeSpec, Operator } from "../../src/network/spec.js";

/**
 * How far a network may move when some of its arrays are rounded to float32 (u = 2^-24): each logit by
 * `relative * y`, each gradient by `relative * dy`, with y and dy the logits and gradients of `magnitude` at the
 * absolute image.
 *
 * `magnitude` has every weight replaced by its absolute value, every difference by a sum, every non-linearity by
 * the identity (|f(x)| <= |x|, slopes of at most 1) and every maximum by a sum, so its values M bound the
 * network's. By induction over the layers the error of a value is at most ((1 + u)^d - 1) M, where d counts the
 * rounded layers on the way: a layer adds one, a product adds up its factors. The same holds for gradients as
 * long as every unit is in the same linear piece. The bound doubles u for the float64 rounding of both runs.
 */
export function roundingBound(network: Network): { magnitude: Network; relative: number } {
  const abs = (values: Float32Array) => values.map(Math.abs);
  const absolute = (node: NodeSpec, channels: number): Operator => {
    switch (node.op) {
      case "Conv":
      case "Gemm":
        return { ...node, weights: abs(node.weights), bias: node.bias && abs(node.bias) };
      case "BatchNormalization": {
        const mean = node.mean.map((m) => -Math.abs(m));
        return { ...node, scale: abs(node.scale), bias: abs(node.bias), mean };
      }
      case "Constant":
        return { ...node, data: abs(node.data) };
      case "Sub":
        return { op: "Add" };
      case "MaxPool": {
        const weights = new Float32Array(node.kernel[0] * node.kernel[1] * channels).fill(1);
        return { ...node, op: "Conv", weights, filters: channels, groups: channels, dilations: [1, 1] };
      }
      case "Relu":
      case "LeakyRelu":
      case "PRelu":
      case "Clip":
        return { op: "Identity" };
      default:
        return node;
    }
  };
  const roundings = new Map<string, number>();
  for (const node of network.nodes) {
    const counts = node.inputs.map((name) => roundings.get(name) ?? 0);
    // Any of these may be rounded, or folded into something that is.
    const own = ["Conv", "Gemm", "Constant", "BatchNormalization"].includes(node.op) ? 1 : 0;
    const before = node.op === "Mul" ? counts.reduce((a, b) => a + b) : Math.max(0, ...counts);
    roundings.set(node.name, own + before);
  }
  const { input, output } = network;
  const nodes = network.nodes.map((node) => {
    const { name, inputs, inputShapes } = node;
    return { ...absolute(node, inputShapes[0]?.[2] ?? 1), name, inputs };
  });
  return {
    magnitude: buildNetwork({ input, nodes, output }),
    relative: (1 + 2 ** -23) ** roundings.get(output)! - 1,
  };
}
