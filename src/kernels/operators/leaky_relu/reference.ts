/**
 * Leaky relu, element by element.
 *
 *     y = x > 0 ? x : alpha x,    dx = (x > 0 ? 1 : alpha) dy
 *
 * At 0 the derivative is that of the left side. Error of a float32 evaluation, u = 2^-24: u |y|, vjp u |dx|.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { leaky } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { LeakyRelu } from "./spec.js";

export const reference = elementWiseReference<LeakyRelu>(({ alpha }) => leaky(alpha));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: ({ alpha }) => 16 * Math.max(1, Math.abs(alpha)),
  bend: 0,
});
