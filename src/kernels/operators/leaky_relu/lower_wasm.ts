import { elementWise } from "../../element_wise/lower_wasm.js";
import type { LeakyRelu } from "./spec.js";

export const lowering = elementWise<LeakyRelu>({
  kernel: () => "element_wise_leaky_relu",
  alpha: ({ alpha }) => alpha,
});
