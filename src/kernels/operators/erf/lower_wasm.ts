import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Erf } from "./spec.js";

export const lowering = elementWise<Erf>({ kernel: () => "element_wise_erf" });
