/**
 * Logistic sigmoid, element by element.
 *
 *     y = s(x) = 1 / (1 + e^-x),    dx = s(x) s(-x) dy
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { sigmoid } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Sigmoid } from "./spec.js";

export const reference = elementWiseReference<Sigmoid>(() => ({
  value: sigmoid,
  derivative: (x) => sigmoid(x) * sigmoid(-x),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
