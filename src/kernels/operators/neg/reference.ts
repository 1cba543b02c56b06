/**
 * Negation, element by element.
 *
 *     y = -x,    dx = -dy
 *
 * Error of a float32 evaluation: none.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { linear } from "../../float32/linear.js";
import { unchanged } from "../../reshaping.js";
import type { Neg } from "./spec.js";

export const reference = elementWiseReference<Neg>(() => ({
  value: (x) => -x,
  derivative: () => -1,
}));

export const float32 = /* @__PURE__ */ linear<Neg>({
  reference,
  magnitude: /* @__PURE__ */ unchanged(),
  // It may be folded, and weights are rounded then.
  forward: () => 1,
  vjp: () => 1,
});
