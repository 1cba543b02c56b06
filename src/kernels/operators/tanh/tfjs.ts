import { elementWise } from "../../element_wise/tfjs.js";
import type { Tanh } from "./spec.js";

export const make = elementWise<Tanh>((_node, { tf }) => ({
  value: (x) => tf.tanh(x),
  derivative: (_x, y) => tf.sub(1, tf.square(y)),
}));
