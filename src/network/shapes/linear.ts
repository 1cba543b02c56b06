import { checkFinite, checkInteger, checkIntegers, checkValues, rejectNode, shapeText } from "../checks.js";
import {
  type BatchNormalization,
  type Constant,
  type Gemm,
  type NodeSpec,
  type Shape,
  sizeOf,
} from "../spec.js";

/** `[..., inputs] -> [..., units]`. */
export function gemmShape(node: NodeSpec<Gemm>, input: Shape): Shape {
  const inputs = input[input.length - 1];
  checkInteger(node, "units", node.units, 1);
  checkValues(node, "weights", node.weights, inputs * node.units, `${inputs} inputs x ${node.units} units`);
  if (node.bias !== undefined) checkValues(node, "bias", node.bias, node.units, "units");
  return [...input.slice(0, -1), node.units];
}

export function checkBatchNormalization(node: NodeSpec<BatchNormalization>, input: Shape): void {
  const channels = input[input.length - 1];
  for (const vector of ["scale", "bias", "mean", "variance"] as const)
    checkValues(node, vector, node[vector], channels, `channels of ${shapeText(input)}`);
  checkFinite(node, "epsilon", node.epsilon);
  for (let c = 0; c < channels; c++)
    if (node.variance[c] + node.epsilon <= 0)
      rejectNode(
        node,
        `variance[${c}] + epsilon is ${node.variance[c] + node.epsilon}, expected a positive number`,
      );
}

export function constantShape(node: NodeSpec<Constant>): Shape {
  checkIntegers(node, "shape", node.shape, undefined, 1);
  if (node.shape.length === 0) rejectNode(node, "shape is scalar, expected at least one axis");
  checkValues(node, "data", node.data, sizeOf(node.shape), shapeText(node.shape));
  return node.shape;
}
