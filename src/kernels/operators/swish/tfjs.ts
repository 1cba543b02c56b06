import { elementWise } from "../../element_wise/tfjs.js";
import type { Swish } from "./spec.js";

export const make = elementWise<Swish>((_node, { tf }) => ({
  value: (x) => tf.mul(x, tf.sigmoid(x)),
  derivative: (x) => tf.mul(tf.sigmoid(x), tf.add(1, tf.mul(x, tf.sigmoid(tf.neg(x))))),
}));
