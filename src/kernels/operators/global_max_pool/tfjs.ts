import { indicator, type MakeOperator, scaleCotangents, withShape } from "../../tfjs/operator.js";
import type { GlobalMaxPool } from "./spec.js";

/** The first of equal maxima takes the cotangent. */
export const make: MakeOperator<GlobalMaxPool> = (node, { tf, constant }) => {
  const [height, width, channels] = node.inputShapes[0];
  const pixels = height * width;
  const position = constant(
    Float32Array.from({ length: pixels }, (_, i) => i),
    [1, pixels, 1],
  );
  return {
    forward: ([x]) => tf.max(withShape(tf, x, [pixels, channels]), 1),
    vjp([x], y, dy) {
      const isMaximum = indicator(
        tf,
        tf.equal(withShape(tf, x, [pixels, channels]), tf.reshape(y, [-1, 1, channels])),
      );
      // Not argMax: which of equal maxima it names is up to the backend.
      const rank = tf.add(tf.mul(position, isMaximum), tf.mul(pixels, tf.sub(1, isMaximum)));
      const winner = indicator(tf, tf.equal(position, tf.min(rank, 1, true)));
      const spread = tf.mul(tf.reshape(dy, [-1, 1, channels]), tf.ones([1, pixels, 1]));
      return [withShape(tf, scaleCotangents(tf, spread, winner, x.shape[0]), node.inputShapes[0])];
    },
  };
};
