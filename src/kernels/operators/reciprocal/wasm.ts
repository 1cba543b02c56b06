import { transcendental } from "../../element_wise/wasm.js";
import { ONE } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("reciprocal", (bind, x) => {
    const y = bind(ONE.f64Div(x));
    return { value: y, derivative: () => y.f64Mul(y).f64Neg() };
  }),
];
