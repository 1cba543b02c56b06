import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Abs } from "./spec.js";

export const lowering = elementWise<Abs>({ kernel: () => "element_wise_abs" });
