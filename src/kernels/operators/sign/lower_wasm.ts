import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Sign } from "./spec.js";

export const lowering = elementWise<Sign>({ kernel: () => "element_wise_sign" });
