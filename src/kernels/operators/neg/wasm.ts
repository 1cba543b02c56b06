import { oneAlpha, piecewise } from "../../element_wise/wasm.js";
import { type KernelSource, splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  piecewise("neg", { value: (x) => x.neg(), derivative: () => splat(-1) }, oneAlpha),
];
