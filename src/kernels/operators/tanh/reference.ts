/**
 * Hyperbolic tangent, element by element.
 *
 *     y = tanh x,    dx = (1 - tanh(x)^2) dy
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Tanh } from "./spec.js";

export const reference = elementWiseReference<Tanh>(() => ({
  value: Math.tanh,
  derivative: (x) => 1 - Math.tanh(x) ** 2,
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
