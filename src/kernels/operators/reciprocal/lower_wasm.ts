import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Reciprocal } from "./spec.js";

export const lowering = elementWise<Reciprocal>({ kernel: () => "element_wise_reciprocal" });
