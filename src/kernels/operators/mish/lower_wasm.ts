import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Mish } from "./spec.js";

export const lowering = elementWise<Mish>({ kernel: () => "element_wise_mish" });
