import type { MakeOperator } from "../../tfjs/operator.js";
import { channelsOf } from "./map.js";
import type { Gather } from "./spec.js";

/** Backward, a product with the matrix of ones that the indices are. */
export const make: MakeOperator<Gather> = (node, { tf, constant }) => {
  const { axis, indices, inputShapes } = node;
  const count = inputShapes[0][axis];
  const channels = channelsOf(node);
  const ones = new Float32Array(indices.length * count);
  indices.forEach((index, i) => {
    ones[i * count + index] = 1;
  });
  const matrix = constant(ones, [indices.length, count]);
  return {
    forward: ([x]) => tf.gather(x, tf.tensor1d([...indices], "int32"), axis + 1),
    vjp(_inputs, _output, dy) {
      const rows = tf.transpose(tf.reshape(dy, [-1, indices.length, channels]), [0, 2, 1]);
      const made = tf.matMul(tf.reshape(rows, [-1, indices.length]), matrix);
      const back = tf.transpose(tf.reshape(made, [-1, channels, count]), [0, 2, 1]);
      return [tf.reshape(back, [dy.shape[0], ...inputShapes[0]])];
    },
  };
};
