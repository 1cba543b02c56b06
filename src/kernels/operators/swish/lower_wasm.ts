import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Swish } from "./spec.js";

export const lowering = elementWise<Swish>({ kernel: () => "element_wise_swish" });
