import { elementWise } from "../../element_wise/lower_wasm.js";
import type { PRelu } from "./spec.js";

export const lowering = elementWise<PRelu>({
  kernel: () => "element_wise_p_relu",
  slope: ({ slope }) => slope,
});
