import { transcendental } from "../../element_wise/wasm.js";
import { min, ONE } from "../../element_wise/wasm_functions.js";
import { exponential } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("tanh", (bind, x) => {
    // tanh |x| = m / (m + 2), m = e^(2 |x|) - 1; bounded so that the square in the derivative is finite.
    const m = bind(exponential(bind, min(x.f64Abs(), 100).f64Mul(f64Splat(2))).expm1);
    const inverse = bind(ONE.f64Div(m.f64Add(f64Splat(2))));
    return {
      value: m.f64Mul(inverse).or(x.and(f64Splat(-0))),
      derivative: () => m.f64Add(ONE).f64Mul(f64Splat(4)).f64Mul(inverse).f64Mul(inverse),
    };
  }),
];
