/**
 * Absolute value, element by element; the derivative at 0 is 0, as in PyTorch and TensorFlow.
 *
 *     y = |x|,    dx = sign(x) dy
 *
 * Error of a float32 evaluation: none but where 0 is crossed.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Abs } from "./spec.js";

export const reference = elementWiseReference<Abs>(() => ({
  value: Math.abs,
  derivative: Math.sign,
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 0, bend: 0 });
