/**
 * Softsign, element by element.
 *
 *     y = x / (1 + |x|),    dx = dy / (1 + |x|)^2
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Softsign } from "./spec.js";

export const reference = elementWiseReference<Softsign>(() => ({
  value: (x) => x / (1 + Math.abs(x)),
  derivative: (x) => 1 / (1 + Math.abs(x)) ** 2,
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
