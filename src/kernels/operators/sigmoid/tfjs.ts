import { elementWise } from "../../element_wise/tfjs.js";
import type { Sigmoid } from "./spec.js";

export const make = elementWise<Sigmoid>((_node, { tf }) => ({
  value: (x) => tf.sigmoid(x),
  derivative: (x) => tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x))),
}));
