import { erfSeries } from "../../element_wise/scalar.js";
import { transcendental } from "../../element_wise/wasm.js";
import { min, ONE } from "../../element_wise/wasm_functions.js";
import { exponential, normalTail, polynomial } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("erf", (bind, x) => {
    const z = bind(min(x.f64Abs(), 20));
    const square = bind(z.f64Mul(z));
    const e = bind(exponential(bind, square.f64Neg()).exp);
    // Near 0 by its series, else from the tail of the normal distribution: erfc(z) = 2 (1 - Phi(sqrt(2) z)).
    const tail = normalTail(bind, bind(z.f64Mul(f64Splat(Math.SQRT2)))).f64Mul(e);
    const far = ONE.f64Sub(tail.f64Mul(f64Splat(2))).or(x.and(f64Splat(-0)));
    const near = bind(x.f64Mul(polynomial(bind, square, erfSeries(16))));
    return {
      value: near.select(far, ONE.f64Gt(z)),
      derivative: () => e.f64Mul(f64Splat(2 / Math.sqrt(Math.PI))),
    };
  }),
];
