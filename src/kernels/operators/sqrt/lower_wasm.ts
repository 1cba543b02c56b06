import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Sqrt } from "./spec.js";

export const lowering = elementWise<Sqrt>({ kernel: () => "element_wise_sqrt" });
