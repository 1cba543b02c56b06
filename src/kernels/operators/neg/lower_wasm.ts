import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Neg } from "./spec.js";

export const lowering = elementWise<Neg>({ kernel: () => "element_wise_neg" });
