/**
 * Mish (arXiv:1908.08681), element by element.
 *
 *     y = x tanh(p(x)),    dx = (tanh(p(x)) + x (1 - tanh(p(x))^2) / (1 + e^-x)) dy,    p(x) = log(1 + e^x)
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { sigmoid, softplus } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Mish } from "./spec.js";

export const reference = elementWiseReference<Mish>(() => ({
  value: (x) => x * Math.tanh(softplus(x)),
  derivative(x) {
    const t = Math.tanh(softplus(x));
    return t + x * (1 - t * t) * sigmoid(x);
  },
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
