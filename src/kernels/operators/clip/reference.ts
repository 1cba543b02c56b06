/**
 * Clipping, element by element.
 *
 *     y = min(max, max(min, x)),    dx = min < x < max ? dy : 0
 *
 * Error of a float32 evaluation: none but where a bound is crossed.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Clip } from "./spec.js";

export const reference = elementWiseReference<Clip>(({ min, max }) => ({
  value: (x) => Math.min(max, Math.max(min, x)),
  derivative: (x) => (min < x && x < max ? 1 : 0),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 0, bend: 0 });
