import { oneAlpha, type Piecewise, piecewise } from "../../element_wise/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { splat } from "../../wasm/assembler.js";

const thresholded: Piecewise = {
  // Not `x > alpha`, so that a NaN stays.
  value: (x, alpha) => x.andnot(alpha.ge(x)),
  derivative: (x, alpha) => splat(1).and(x.gt(alpha)),
};

export const kernels: readonly KernelSource[] = [piecewise("thresholded_relu", thresholded, oneAlpha)];
