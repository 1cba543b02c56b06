import { type MakeOperator, withShape } from "../../tfjs/operator.js";
import type { GlobalAveragePool } from "./spec.js";

export const make: MakeOperator<GlobalAveragePool> = (node, { tf, constant }) => {
  const [height, width, channels] = node.inputShapes[0];
  const pixels = height * width;
  const share = constant(new Float32Array(pixels).fill(1 / pixels), [1, pixels, 1]);
  return {
    forward: ([x]) => tf.mean(withShape(tf, x, [pixels, channels]), 1),
    vjp: (_inputs, _output, dy) => [
      withShape(tf, tf.mul(tf.reshape(dy, [-1, 1, channels]), share), node.inputShapes[0]),
    ],
  };
};
