import { extremes } from "../../extreme/lower_wasm.js";
import type { Max } from "./spec.js";

export const lowering = extremes<Max>("arithmetic_max", (a, b) => [a, b]);
