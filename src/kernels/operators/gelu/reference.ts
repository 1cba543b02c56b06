/**
 * Gaussian error linear unit (arXiv:1606.08415), element by element.
 *
 *     none    y = x Phi(x),    dx = (Phi(x) + x phi(x)) dy,    Phi(x) = (1 + erf(x / sqrt 2)) / 2, phi = Phi'
 *     tanh    y = x/2 (1 + tanh t),    dx = (1/2 (1 + tanh t) + x/2 (1 - tanh(t)^2) t') dy,
 *             t = sqrt(2/pi) (x + 0.044715 x^3)
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { normalCdf, type ScalarFunction } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { Gelu } from "./spec.js";

const gelu: ScalarFunction = {
  value: (x) => x * normalCdf(x),
  derivative: (x) => normalCdf(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
};

const geluTanh: ScalarFunction = {
  value: (x) => 0.5 * x * (1 + Math.tanh(tanhArgument(x))),
  derivative(x) {
    const t = Math.tanh(tanhArgument(x));
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope;
  },
};

function tanhArgument(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}

export const reference = elementWiseReference<Gelu>(({ approximate }) =>
  approximate === "tanh" ? geluTanh : gelu,
);

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: Infinity });
