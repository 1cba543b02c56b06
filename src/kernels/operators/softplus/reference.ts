/**
 * Softplus, element by element.
 *
 *     y = log(1 + e^x),    dx = dy / (1 + e^-x)
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { sigmoid, softplus } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Softplus } from "./spec.js";

export const reference = elementWiseReference<Softplus>(() => ({ value: softplus, derivative: sigmoid }));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
