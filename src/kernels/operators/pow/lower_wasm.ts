import { elementWise } from "../../element_wise/lower_wasm.js";
import { signOfPower } from "./sign.js";
import type { Pow } from "./spec.js";

export const lowering = elementWise<Pow>({
  kernel: () => "element_wise_pow",
  alpha: ({ exponent }) => exponent,
  beta: signOfPower,
});
