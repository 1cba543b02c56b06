import type { Tensor } from "@tensorflow/tfjs-core";
import { transposedMatrix } from "../../tfjs/matrix.js";
import type { TfNamespace } from "../../tfjs/namespace.js";
import type { MakeOperator } from "../../tfjs/operator.js";
import { axisSamples } from "./samples.js";
import type { Resize } from "./spec.js";

/**
 * Resampling as a matrix product on each spatial axis. tfjs's resize kernels know fewer coordinate conventions,
 * and the gradient of tfjs-backend-cpu is wrong for more than one image and for images that are not square.
 */
export const make: MakeOperator<Resize> = (node, { tf, constant }) => {
  const matrices = ([0, 1] as const).map((axis) => {
    const inputs = node.inputShapes[0][axis];
    const outputs = node.size[axis];
    const matrix = new Float32Array(inputs * outputs);
    axisSamples(node, axis).forEach((samples, i) => {
      for (const { position, weight } of samples) matrix[position * outputs + i] += weight;
    });
    return {
      forward: constant(matrix, [inputs, outputs]),
      backward: constant(transposedMatrix(matrix, inputs, outputs), [outputs, inputs]),
    };
  });
  const apply = (x: Tensor, direction: "forward" | "backward") =>
    contract(tf, contract(tf, x, matrices[0][direction], [0, 3, 2, 1]), matrices[1][direction], [0, 1, 3, 2]);
  return {
    forward: ([x]) => apply(x, "forward"),
    vjp: (_inputs, _output, dy) => [apply(dy, "backward")],
  };
};

/** Multiplies the axis that the self-inverse permutation `toLast` brings to the end. */
function contract(tf: TfNamespace, x: Tensor, matrix: Tensor, toLast: readonly number[]): Tensor {
  const moved = tf.transpose(x, [...toLast]);
  const product = tf.matMul(tf.reshape(moved, [-1, matrix.shape[0]]), matrix);
  return tf.transpose(tf.reshape(product, [...moved.shape.slice(0, 3), matrix.shape[1] as number]), [
    ...toLast,
  ]);
}
