import type { BatchNormalization, Gemm } from "../../../network/spec.js";
import { type MakeOperator, withShape } from "./operator.js";

/** Both orientations of the weights are uploaded: tfjs-backend-wasm is slow where it must transpose. */
export const makeGemm: MakeOperator<Gemm> = (node, { tf, constant }) => {
  const { units, shape, inputShapes } = node;
  const inputs = inputShapes[0][inputShapes[0].length - 1];
  const weights = constant(node.weights, [inputs, units]);
  const transposed = constant(transposedMatrix(node.weights, inputs, units), [units, inputs]);
  const bias = node.bias && constant(node.bias, [units]);
  return {
    forward([x]) {
      const y = tf.matMul(tf.reshape(x, [-1, inputs]), weights);
      return withShape(tf, bias ? tf.add(y, bias) : y, shape);
    },
    vjp: (_inputs, _output, dy) => [
      withShape(tf, tf.matMul(tf.reshape(dy, [-1, units]), transposed), inputShapes[0]),
    ],
  };
};

export function transposedMatrix(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

/** `y = factor x + term` per channel, with factor and term in float64 before they are rounded. */
export const makeBatchNormalization: MakeOperator<BatchNormalization> = (node, { tf, constant }) => {
  const { scale, bias, mean, variance, epsilon } = node;
  const factors = Array.from(scale, (s, c) => s / Math.sqrt(variance[c] + epsilon));
  const factor = constant(Float32Array.from(factors), [factors.length]);
  const term = constant(
    Float32Array.from(factors, (f, c) => bias[c] - mean[c] * f),
    [factors.length],
  );
  return {
    forward: ([x]) => tf.add(tf.mul(x, factor), term),
    vjp: (_inputs, _output, dy) => [tf.mul(dy, factor)],
  };
};
