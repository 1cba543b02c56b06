import { elementWise } from "../../element_wise/lower_wasm.js";
import type { HardSwish } from "./spec.js";

export const lowering = elementWise<HardSwish>({ kernel: () => "element_wise_hard_swish" });
