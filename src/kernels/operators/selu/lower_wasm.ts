import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Selu } from "./spec.js";

export const lowering = elementWise<Selu>({ kernel: () => "element_wise_selu" });
