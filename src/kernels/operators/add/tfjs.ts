import { arithmetic } from "../../arithmetic/tfjs.js";
import type { Add } from "./spec.js";

export const make = arithmetic<Add>((tf) => ({ combine: tf.add, factor: () => 1 }));
