import { elementWise } from "../../element_wise/lower_wasm.js";
import type { ThresholdedRelu } from "./spec.js";

export const lowering = elementWise<ThresholdedRelu>({
  kernel: () => "element_wise_thresholded_relu",
  alpha: ({ alpha }) => alpha,
});
