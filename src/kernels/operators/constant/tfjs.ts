import type { MakeOperator } from "../../tfjs/operator.js";
import type { Constant } from "./spec.js";

export const make: MakeOperator<Constant> = (node, { tf, constant }) => {
  const value = constant(node.data, [1, ...node.shape]);
  return { forward: () => tf.clone(value), vjp: () => [] };
};
