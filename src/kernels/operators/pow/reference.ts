/**
 * Power with a constant exponent, element by element; NaN for a negative x and an exponent p that is no integer.
 *
 *     y = x^p,    dx = p x^(p - 1) dy
 *
 * Error of a float32 evaluation, u = 2^-24: 16 u (1 + |p| max(1, |log |x||)) |y|, and as much of |dx| with |p| + 1 for |p|,
 * since a relative error of x^p is an absolute one of p log x.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Pow } from "./spec.js";

export const reference = elementWiseReference<Pow>(({ exponent }) => ({
  value: (x) => x ** exponent,
  derivative: (x) => (exponent === 0 ? 0 : exponent * x ** (exponent - 1)),
}));

/** By how much the relative error of a power is larger than that of other functions. */
export function condition({ exponent }: Pow, x: number): number {
  return 1 + (1 + Math.abs(exponent)) * Math.max(1, Math.min(110, Math.abs(Math.log(Math.abs(x)))));
}

export const float32 = /* @__PURE__ */ elementWise<Pow>({
  reference,
  constant: () => 16,
  relative: (operator, x) => 16 * condition(operator, x),
  bend: Infinity,
});
