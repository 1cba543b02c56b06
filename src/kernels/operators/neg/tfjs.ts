import { elementWise } from "../../element_wise/tfjs.js";
import type { Neg } from "./spec.js";

export const make = elementWise<Neg>((_node, { tf }) => ({
  value: (x) => tf.neg(x),
  derivative: (x) => tf.neg(tf.onesLike(x)),
}));
