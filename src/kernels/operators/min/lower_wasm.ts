import { extremes } from "../../extreme/lower_wasm.js";
import type { Min } from "./spec.js";

export const lowering = extremes<Min>("arithmetic_min", (a, b) => [b, a]);
