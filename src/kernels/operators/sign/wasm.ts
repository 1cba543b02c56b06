import { oneAlpha, piecewise, signOf } from "../../element_wise/wasm.js";
import { type KernelSource, splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  piecewise("sign", { value: signOf, derivative: () => splat(0) }, oneAlpha),
];
