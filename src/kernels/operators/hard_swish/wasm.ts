import { transcendental } from "../../element_wise/wasm.js";
import { clamped, isInside, max } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("hard_swish", (bind, x) => {
    const gate = bind(x.f64Mul(f64Splat(1 / 6)).f64Add(f64Splat(0.5)));
    return {
      value: max(x, -4).f64Mul(clamped(gate)),
      derivative: () => clamped(gate).f64Add(x.f64Mul(f64Splat(1 / 6)).and(isInside(gate))),
    };
  }),
];
