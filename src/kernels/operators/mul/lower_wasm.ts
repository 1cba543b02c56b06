import { pairs } from "../../arithmetic/lower_wasm.js";
import type { Mul } from "./spec.js";

export const lowering = pairs<Mul>({ kernel: "arithmetic_mul", factors: ["other operand", "other operand"] });
