import { elementWise } from "../../element_wise/tfjs.js";
import type { Erf } from "./spec.js";

export const make = elementWise<Erf>((_node, { tf }) => ({
  value: (x) => tf.erf(x),
  derivative: (x) => tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x)))),
}));
