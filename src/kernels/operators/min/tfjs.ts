import { extremes } from "../../extreme/tfjs.js";
import type { Min } from "./spec.js";

export const make = extremes<Min>(
  (tf) => tf.minimum,
  (a, b) => [b, a],
);
