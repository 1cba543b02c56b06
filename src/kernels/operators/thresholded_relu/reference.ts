/**
 * Thresholded relu, element by element.
 *
 *     y = x > alpha ? x : 0,    dx = x > alpha ? dy : 0
 *
 * Error of a float32 evaluation: none but where the threshold is crossed.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elementWise } from "../../float32/element_wise.js";
import type { ThresholdedRelu } from "./spec.js";

export const reference = elementWiseReference<ThresholdedRelu>(({ alpha }) => ({
  value: (x) => (x <= alpha ? 0 : x),
  derivative: (x) => (x > alpha ? 1 : 0),
}));

export const float32 = /* @__PURE__ */ elementWise({
  reference,
  constant: ({ alpha }) => 16 * Math.max(1, Math.abs(alpha)),
  bend: 0,
});
