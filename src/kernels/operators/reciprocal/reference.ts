/**
 * Reciprocal, element by element; infinite at 0.
 *
 *     y = 1 / x,    dx = -dy / x^2
 *
 * Error of a float32 evaluation, u = 2^-24: 16 u |y| and 16 u |dx|.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Reciprocal } from "./spec.js";

export const reference = elementWiseReference<Reciprocal>(() => ({
  value: (x) => 1 / x,
  derivative: (x) => -1 / (x * x),
}));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: () => 16,
  relative: () => 16,
  bend: Infinity,
});
