import type { MakeOperator } from "../../tfjs/operator.js";
import type { Softmax } from "./spec.js";

export const make: MakeOperator<Softmax> = (node, { tf }) => ({
  forward: ([x]) => tf.softmax(x),
  vjp([x], y, dy) {
    const depth = node.shape[node.shape.length - 1];
    const images = x.shape[0];
    const rows = node.shape.slice(0, -1).reduce((product, n) => product * n, 1);
    const g = tf.reshape(dy, [images, -1, rows, depth]);
    const p = tf.reshape(y, [images, 1, rows, depth]);
    const mean = tf.sum(tf.mul(g, p), 3, true);
    return [tf.reshape(tf.mul(p, tf.sub(g, mean)), dy.shape)];
  },
});
