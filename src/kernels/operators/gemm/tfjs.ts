import { transposedMatrix } from "../../tfjs/matrix.js";
import { type MakeOperator, withShape } from "../../tfjs/operator.js";
import type { Gemm } from "./spec.js";

/** Both orientations of the weights are uploaded: tfjs-backend-wasm is slow where it must transpose. */
export const make: MakeOperator<Gemm> = (node, { tf, constant }) => {
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
