import { arithmetic } from "../../arithmetic/tfjs.js";
import type { Sub } from "./spec.js";

export const make = arithmetic<Sub>((tf) => ({
  combine: tf.sub,
  factor: (_inputs, j) => (j === 0 ? 1 : -1),
}));
