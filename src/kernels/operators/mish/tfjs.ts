import { elementWise, softplus } from "../../element_wise/tfjs.js";
import type { Mish } from "./spec.js";

export const make = elementWise<Mish>((_node, { tf }) => ({
  value: (x) => tf.mul(x, tf.tanh(softplus(tf, x))),
  derivative(x) {
    const t = tf.tanh(softplus(tf, x));
    return tf.add(t, tf.mul(tf.mul(x, tf.sub(1, tf.square(t))), tf.sigmoid(x)));
  },
}));
