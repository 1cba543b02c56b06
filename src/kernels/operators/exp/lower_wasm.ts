import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Exp } from "./spec.js";

export const lowering = elementWise<Exp>({ kernel: () => "element_wise_exp" });
