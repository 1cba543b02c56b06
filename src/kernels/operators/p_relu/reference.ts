/**
 * Parametric relu (arXiv:1502.01852), element by element.
 *
 *     y[i] = x[i] > 0 ? x[i] : slope[i mod n] x[i],    dx[i] = (x[i] > 0 ? 1 : slope[i mod n]) dy[i]
 *
 * n the number of slopes: one, one per channel of the last axis, or one per unit. At 0 the derivative is that of the left
 * side. Error of a float32 evaluation, u = 2^-24: u |y|, vjp u |dx|.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { PRelu } from "./spec.js";

export const reference = elementWiseReference<PRelu>(
  () => ({
    value: (x, slope) => (x > 0 ? x : slope * x),
    derivative: (x, slope) => (x > 0 ? 1 : slope),
  }),
  ({ slope }) => slope,
);

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: 0 });
