import { arithmetic } from "../../arithmetic/tfjs.js";
import type { Div } from "./spec.js";

export const make = arithmetic<Div>((tf) => ({
  combine: tf.div,
  factor: ([a, b], j) => (j === 0 ? tf.div(1, b) : tf.neg(tf.div(tf.div(a, b), b))),
}));
