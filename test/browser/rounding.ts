import { jacobian64 } from "../../src/engines/reference.js";
import { resolveInput } from "../../src/network/input.js";
import type { Network, Node } from "../../src/network/spec.js";
import { roundingBound } from "../network/rounding_bound.js";

/**
 * How far float32 logits `[C]` and their gradients `[C][D]` at one image may be from float64 ones, for networks of
 * convolutions, dense layers, relus and max pools with every unit in the same linear piece in both.
 *
 * A sum of n products in float32 (u = 2^-24), in any order, is off by at most (n + 1) u times the sum of their
 * sizes. Layers add up, m = sum of (n + 1), and the sizes are those of the network with absolute weights at the
 * absolute image. Doubled for terms of second order and the rounding of image and result.
 */
export function pieceBound(network: Network, image: Float64Array) {
  const { magnitude } = roundingBound(network);
  const terms = network.nodes.reduce((sum, node) => sum + termsOf(node) + 1, 1);
  const relative = 2 * terms * 2 ** -24;
  const channels = network.input.shape[network.input.shape.length - 1];
  const classes = Int32Array.from({ length: network.classes }, (_, c) => c);
  const { logits, values } = jacobian64(
    magnitude,
    resolveInput(undefined, channels),
    image.map(Math.abs),
    classes,
  );
  return { logits: logits.map((y) => relative * y), values: values.map((dy) => relative * dy) };
}

/** Products that one value of the output, or one cotangent of the input, is a sum of. */
function termsOf(node: Node): number {
  switch (node.op) {
    case "Conv":
      return node.kernel[0] * node.kernel[1] * Math.max(node.inputShapes[0][2], node.filters) + 1;
    case "Gemm":
      return Math.max(node.weights.length / node.units, node.units) + 1;
    case "MaxPool":
      return node.kernel[0] * node.kernel[1];
    default:
      return 0;
  }
}
