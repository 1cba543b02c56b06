import type { Tensor } from "@tensorflow/tfjs-core";
import type { MakeOperator } from "../../tfjs/operator.js";
import type { Concat } from "./spec.js";

export const make: MakeOperator<Concat> = (node, { tf, wanted }) => {
  const axis = node.axis + 1;
  const starts = node.inputShapes.map((_, j) =>
    node.inputShapes.slice(0, j).reduce((sum, shape) => sum + shape[node.axis], 0),
  );
  return {
    forward(inputs) {
      const batch = Math.max(...inputs.map((x) => x.shape[0]));
      const repeated = inputs.map((x) =>
        x.shape[0] === batch ? x : tf.tile(x, [batch, ...x.shape.slice(1).map(() => 1)]),
      );
      return tf.concat(repeated as Tensor[], axis);
    },
    vjp: (_inputs, _output, dy) =>
      node.inputShapes.map((shape, j) => {
        if (!wanted[j]) return null;
        const begin = dy.shape.map((_, a) => (a === axis ? starts[j] : 0));
        return tf.slice(dy, begin, [dy.shape[0], ...shape]);
      }),
  };
};
