import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Tanh } from "./spec.js";

export const lowering = elementWise<Tanh>({ kernel: () => "element_wise_tanh" });
