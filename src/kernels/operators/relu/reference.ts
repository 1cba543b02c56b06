/**
 * Rectifier, element by element.
 *
 *     y = max(0, x),    dx = x > 0 ? dy : 0
 *
 * Error of a float32 evaluation: none but where 0 is crossed.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Relu } from "./spec.js";

export const reference = elementWiseReference<Relu>(() => ({
  value: (x) => Math.max(0, x),
  derivative: (x) => (x > 0 ? 1 : 0),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 0, bend: 0 });
