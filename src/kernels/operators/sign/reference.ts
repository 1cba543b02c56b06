/**
 * Sign, element by element: constant on either side of 0, so that nothing passes back.
 *
 *     y = sign(x),    dx = 0
 *
 * Error of a float32 evaluation: none but where 0 is crossed.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Sign } from "./spec.js";

export const reference = elementWiseReference<Sign>(() => ({
  value: Math.sign,
  derivative: () => 0,
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 0, bend: 0 });
