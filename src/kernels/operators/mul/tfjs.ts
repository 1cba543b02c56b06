import { arithmetic } from "../../arithmetic/tfjs.js";
import type { Mul } from "./spec.js";

export const make = arithmetic<Mul>((tf) => ({
  combine: tf.mul,
  factor: (inputs, j) => inputs.filter((_x, l) => l !== j).reduce((all, x) => tf.mul(all, x)),
}));
