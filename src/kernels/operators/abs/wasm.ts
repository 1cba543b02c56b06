import { oneAlpha, piecewise, signOf } from "../../element_wise/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  piecewise("abs", { value: (x) => x.abs(), derivative: signOf }, oneAlpha),
];
