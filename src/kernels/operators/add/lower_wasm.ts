import { pairs } from "../../arithmetic/lower_wasm.js";
import type { Add } from "./spec.js";

export const lowering = pairs<Add>({ kernel: "arithmetic_add", factors: ["one", "one"] });
