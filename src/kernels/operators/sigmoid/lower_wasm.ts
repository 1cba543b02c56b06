import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Sigmoid } from "./spec.js";

export const lowering = elementWise<Sigmoid>({ kernel: () => "element_wise_sigmoid" });
