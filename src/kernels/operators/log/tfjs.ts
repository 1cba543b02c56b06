import { elementWise } from "../../element_wise/tfjs.js";
import type { Log } from "./spec.js";

export const make = elementWise<Log>((_node, { tf }) => ({
  value: (x) => tf.log(x),
  derivative: (x) => tf.div(1, x),
}));
