/**
 * Exponential function, element by element.
 *
 *     y = e^x,    dx = e^x dy
 *
 * Error of a float32 evaluation, u = 2^-24: 16 u |y| and 16 u |dx|; infinity where float32 has no more.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Exp } from "./spec.js";

export const reference = elementWiseReference<Exp>(() => ({
  value: Math.exp,
  derivative: Math.exp,
}));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: () => 16,
  relative: () => 16,
  bend: Infinity,
});
