import { transcendental } from "../../element_wise/wasm.js";
import { max, ONE, sigmoids, within } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("swish", (bind, x) => {
    const { s, opposite } = sigmoids(bind, x);
    return {
      value: max(x, -800).f64Mul(s),
      derivative: () => s.f64Mul(ONE.f64Add(within(x, 800).f64Mul(opposite))),
    };
  }),
];
