import { elementWise, softplus } from "../../element_wise/tfjs.js";
import type { Softplus } from "./spec.js";

export const make = elementWise<Softplus>((_node, { tf }) => ({
  value: (x) => softplus(tf, x),
  derivative: (x) => tf.sigmoid(x),
}));
