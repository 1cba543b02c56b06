/**
 * Swish, or SiLU (arXiv:1710.05941), element by element.
 *
 *     y = x s(x),    dx = s(x) (1 + x s(-x)) dy,    s(x) = 1 / (1 + e^-x)
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { sigmoid } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Swish } from "./spec.js";

export const reference = elementWiseReference<Swish>(() => ({
  value: (x) => x * sigmoid(x),
  derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
