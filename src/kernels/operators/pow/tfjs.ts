import type { Tensor } from "@tensorflow/tfjs-core";
import { elementWise } from "../../element_wise/tfjs.js";
import type { Pow } from "./spec.js";

export const make = elementWise<Pow>(({ exponent }, { tf }) => ({
  value: (x) => tf.pow(x, exponent),
  derivative: (x): Tensor => tf.mul(exponent, tf.pow(x, exponent - 1)),
}));
