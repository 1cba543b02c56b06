import { transcendental } from "../../element_wise/wasm.js";
import { clamped, isInside } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("hard_sigmoid", (bind, x, alpha, beta) => {
    const gate = bind(x.f64Mul(alpha).f64Add(beta));
    return { value: clamped(gate), derivative: () => alpha.and(isInside(gate)) };
  }),
];
