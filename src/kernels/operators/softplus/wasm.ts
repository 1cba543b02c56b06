import { transcendental } from "../../element_wise/wasm.js";
import { max, sigmoids } from "../../element_wise/wasm_functions.js";
import { log1p } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("softplus", (bind, x) => {
    const { s, e } = sigmoids(bind, x);
    return { value: max(x, 0).f64Add(log1p(bind, e)), derivative: () => s };
  }),
];
