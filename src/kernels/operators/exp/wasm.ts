import { transcendental } from "../../element_wise/wasm.js";
import { exponential } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("exp", (bind, x) => {
    const y = bind(exponential(bind, x).exp);
    return { value: y, derivative: () => y };
  }),
];
