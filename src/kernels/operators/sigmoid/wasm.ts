import { transcendental } from "../../element_wise/wasm.js";
import { sigmoids } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("sigmoid", (bind, x) => {
    const { s, opposite } = sigmoids(bind, x);
    return { value: s, derivative: () => s.f64Mul(opposite) };
  }),
];
