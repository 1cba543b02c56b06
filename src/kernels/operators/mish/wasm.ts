import { transcendental } from "../../element_wise/wasm.js";
import { max, min, ONE, within } from "../../element_wise/wasm_functions.js";
import { exponential } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("mish", (bind, x) => {
    // tanh(log(1 + e)) = n / (n + 2), n = e (e + 2).
    const e = bind(exponential(bind, min(x, 100)).exp);
    const n = bind(e.f64Mul(e.f64Add(f64Splat(2))));
    const inverse = bind(ONE.f64Div(n.f64Add(f64Splat(2))));
    const gate = bind(n.f64Mul(inverse));
    return {
      value: max(x, -800).f64Mul(gate),
      derivative: () => {
        const slope = f64Splat(4).f64Mul(e).f64Mul(e.f64Add(ONE)).f64Mul(inverse).f64Mul(inverse);
        return gate.f64Add(within(x, 800).f64Mul(slope));
      },
    };
  }),
];
