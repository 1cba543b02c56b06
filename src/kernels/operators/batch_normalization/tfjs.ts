import type { MakeOperator } from "../../tfjs/operator.js";
import { type BatchNormalization, factorsOf } from "./spec.js";

/** `y = factor x + term` per channel, with factor and term in float64 before they are rounded. */
export const make: MakeOperator<BatchNormalization> = (node, { tf, constant }) => {
  const { scale, offset } = factorsOf(node);
  const factor = constant(Float32Array.from(scale), [scale.length]);
  const term = constant(Float32Array.from(offset), [scale.length]);
  return {
    forward: ([x]) => tf.add(tf.mul(x, factor), term),
    vjp: (_inputs, _output, dy) => [tf.mul(dy, factor)],
  };
};
