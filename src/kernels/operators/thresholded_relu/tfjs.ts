import { elementWise, isAbove } from "../../element_wise/tfjs.js";
import type { ThresholdedRelu } from "./spec.js";

export const make = elementWise<ThresholdedRelu>(({ alpha }, { tf }) => ({
  value: (x) => tf.mul(x, isAbove(tf, x, alpha)),
  derivative: (x) => isAbove(tf, x, alpha),
}));
