/**
 * Square root, element by element; NaN below 0.
 *
 *     y = sqrt(x),    dx = dy / (2 sqrt(x))
 *
 * Error of a float32 evaluation, u = 2^-24: 16 u |y| and 16 u |dx|.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Sqrt } from "./spec.js";

export const reference = elementWiseReference<Sqrt>(() => ({
  value: Math.sqrt,
  derivative: (x) => 0.5 / Math.sqrt(x),
}));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: () => 16,
  relative: () => 16,
  bend: Infinity,
});
