import { transcendental } from "../../element_wise/wasm.js";
import { ONE, within, ZERO } from "../../element_wise/wasm_functions.js";
import { exponential, logarithm } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";

/** Finite, and far beyond where any power of float32 has ended. */
const LOG_END = 1e300;
/** Of the logarithm: it may be a hundred times the exponent, and its error is relative to that. */
const LOG_TERMS = 12;

/** alpha: the exponent; beta: (-1)^exponent, or NaN. */
export const kernels: readonly KernelSource[] = [
  transcendental("pow", (bind, x, alpha, beta) => {
    const log = bind(within(logarithm(bind, bind(x.f64Abs()), LOG_TERMS), LOG_END));
    const negative = bind(ZERO.f64Gt(x));
    return {
      value: bind(exponential(bind, alpha.f64Mul(log)).exp).f64Mul(beta.select(ONE, negative)),
      derivative: () =>
        exponential(bind, alpha.f64Sub(ONE).f64Mul(log))
          .exp.f64Mul(alpha)
          .f64Mul(beta.f64Neg().select(ONE, negative)),
    };
  }),
];
