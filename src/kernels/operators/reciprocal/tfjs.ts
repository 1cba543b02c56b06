import { elementWise } from "../../element_wise/tfjs.js";
import type { Reciprocal } from "./spec.js";

export const make = elementWise<Reciprocal>((_node, { tf }) => ({
  value: (x) => tf.div(1, x),
  derivative: (_x, y) => tf.neg(tf.square(y)),
}));
