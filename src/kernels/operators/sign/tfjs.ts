import { elementWise } from "../../element_wise/tfjs.js";
import type { Sign } from "./spec.js";

export const make = elementWise<Sign>((_node, { tf }) => ({
  value: (x) => tf.sign(x),
  derivative: (x) => tf.zerosLike(x),
}));
