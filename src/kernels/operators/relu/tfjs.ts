import { elementWise, isAbove } from "../../element_wise/tfjs.js";
import type { Relu } from "./spec.js";

export const make = elementWise<Relu>((_node, { tf }) => ({
  value: (x) => tf.relu(x),
  derivative: (x) => isAbove(tf, x, 0),
}));
