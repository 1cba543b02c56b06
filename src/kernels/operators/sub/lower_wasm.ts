import { pairs } from "../../arithmetic/lower_wasm.js";
import type { Sub } from "./spec.js";

export const lowering = pairs<Sub>({ kernel: "arithmetic_sub", factors: ["one", "minus one"] });
