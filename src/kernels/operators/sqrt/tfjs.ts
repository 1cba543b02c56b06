import { elementWise } from "../../element_wise/tfjs.js";
import type { Sqrt } from "./spec.js";

export const make = elementWise<Sqrt>((_node, { tf }) => ({
  value: (x) => tf.sqrt(x),
  derivative: (_x, y) => tf.div(0.5, y),
}));
