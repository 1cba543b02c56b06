/**
 * Natural logarithm, element by element; -infinity at 0, NaN below it.
 *
 *     y = log x,    dx = dy / x
 *
 * Error of a float32 evaluation, u = 2^-24: 16 u |y| and 16 u |dx|.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Log } from "./spec.js";

export const reference = elementWiseReference<Log>(() => ({
  value: Math.log,
  derivative: (x) => 1 / x,
}));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: () => 16,
  relative: () => 16,
  bend: Infinity,
});
