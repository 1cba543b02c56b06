/**
 * Hard sigmoid, element by element.
 *
 *     y = max(0, min(1, alpha x + beta)),    dx = 0 < alpha x + beta < 1 ? alpha dy : 0
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { hardSigmoid } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { HardSigmoid } from "./spec.js";

export const reference = elementWiseReference<HardSigmoid>(({ alpha, beta }) => hardSigmoid(alpha, beta));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: ({ alpha }) => 16 * Math.max(1, Math.abs(alpha)),
  bend: 0,
});
