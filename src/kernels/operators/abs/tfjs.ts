import { elementWise } from "../../element_wise/tfjs.js";
import type { Abs } from "./spec.js";

export const make = elementWise<Abs>((_node, { tf }) => ({
  value: (x) => tf.abs(x),
  derivative: (x) => tf.sign(x),
}));
