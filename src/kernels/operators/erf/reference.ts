/**
 * Error function, element by element.
 *
 *     y = erf(x) = 2 / sqrt(pi) int_0^x e^(-t^2) dt,    dx = 2 / sqrt(pi) e^(-x^2) dy
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { erf } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Erf } from "./spec.js";

export const reference = elementWiseReference<Erf>(() => ({
  value: erf,
  derivative: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
