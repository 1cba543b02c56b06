import { transcendental } from "../../element_wise/wasm.js";
import { ONE, within } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("softsign", (bind, x) => {
    // The bound makes the limits of an infinite x.
    const bounded = bind(within(x, 1e40));
    const inverse = bind(ONE.f64Div(ONE.f64Add(bounded.f64Abs())));
    return { value: bounded.f64Mul(inverse), derivative: () => inverse.f64Mul(inverse) };
  }),
];
