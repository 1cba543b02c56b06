/**
 * Exponential linear unit (arXiv:1511.07289), element by element.
 *
 *     y = x > 0 ? x : alpha (e^x - 1),    dx = (x > 0 ? 1 : alpha e^x) dy
 *
 * At 0 the derivative is that of the left side. Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elu } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Elu } from "./spec.js";

export const reference = elementWiseReference<Elu>(({ alpha }) => elu(alpha, 1));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: ({ alpha }) => 16 * Math.max(1, Math.abs(alpha)),
  bend: 2,
});
