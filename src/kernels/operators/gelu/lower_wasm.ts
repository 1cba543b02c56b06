import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Gelu } from "./spec.js";

export const lowering = elementWise<Gelu>({
  kernel: ({ approximate }) => (approximate === "tanh" ? "element_wise_gelu_tanh" : "element_wise_gelu"),
});
