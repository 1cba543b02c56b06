import { reductionOf } from "../../reduction/axes.js";
import { indicator, type MakeOperator, scaleCotangents } from "../../tfjs/operator.js";
import type { ReduceMax } from "./spec.js";

/** The first of equal maxima takes the cotangent. */
export const make: MakeOperator<ReduceMax> = (node, { tf, constant }) => {
  const { outer, count, inner } = reductionOf(node);
  const position = constant(
    Float32Array.from({ length: count }, (_, i) => i),
    [1, 1, count, 1],
  );
  return {
    forward: ([x]) =>
      tf.reshape(tf.max(tf.reshape(x, [-1, outer, count, inner]), 2), [x.shape[0], ...node.shape]),
    vjp([x], y, dy) {
      const isMaximum = indicator(
        tf,
        tf.equal(tf.reshape(x, [-1, outer, count, inner]), tf.reshape(y, [-1, outer, 1, inner])),
      );
      // Not argMax: which of equal maxima it names is up to the backend.
      const rank = tf.add(tf.mul(position, isMaximum), tf.mul(count, tf.sub(1, isMaximum)));
      const winner = indicator(tf, tf.equal(position, tf.min(rank, 2, true)));
      const spread = tf.mul(tf.reshape(dy, [-1, outer, 1, inner]), tf.ones([1, 1, count, 1]));
      const dx = scaleCotangents(tf, spread, winner, x.shape[0]);
      return [tf.reshape(dx, [dy.shape[0], ...node.inputShapes[0]])];
    },
  };
};
