import type { AnyOperator } from "../node.js";
import type { MakeOperator } from "../tfjs/operator.js";
import { type ReducedAxes, reductionOf } from "./axes.js";
import type { FactorOf } from "./reference.js";

/** A sum along axes, times a factor. */
export function scaledSum<O extends AnyOperator & ReducedAxes>(factorOf: FactorOf): MakeOperator<O> {
  return (node, { tf }) => {
    const { outer, count, inner } = reductionOf(node);
    const factor = factorOf(count);
    return {
      forward: ([x]) =>
        tf.reshape(tf.mul(tf.sum(tf.reshape(x, [-1, outer, count, inner]), 2), factor), [
          x.shape[0],
          ...node.shape,
        ]),
      vjp: (_inputs, _output, dy) => [
        tf.reshape(tf.mul(tf.reshape(dy, [-1, outer, 1, inner]), tf.fill([1, 1, count, 1], factor)), [
          dy.shape[0],
          ...node.inputShapes[0],
        ]),
      ],
    };
  };
}
