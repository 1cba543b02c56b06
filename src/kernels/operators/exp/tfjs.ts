import { elementWise } from "../../element_wise/tfjs.js";
import type { Exp } from "./spec.js";

export const make = elementWise<Exp>((_node, { tf }) => ({
  value: (x) => tf.exp(x),
  derivative: (_x, y) => y,
}));
