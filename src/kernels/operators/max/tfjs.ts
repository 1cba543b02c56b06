import { extremes } from "../../extreme/tfjs.js";
import type { Max } from "./spec.js";

export const make = extremes<Max>(
  (tf) => tf.maximum,
  (a, b) => [a, b],
);
