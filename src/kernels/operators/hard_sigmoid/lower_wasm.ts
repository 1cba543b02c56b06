import { elementWise } from "../../element_wise/lower_wasm.js";
import type { HardSigmoid } from "./spec.js";

export const lowering = elementWise<HardSigmoid>({
  kernel: () => "element_wise_hard_sigmoid",
  alpha: ({ alpha }) => alpha,
  beta: ({ beta }) => beta,
});
