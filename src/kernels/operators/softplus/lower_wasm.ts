import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Softplus } from "./spec.js";

export const lowering = elementWise<Softplus>({ kernel: () => "element_wise_softplus" });
