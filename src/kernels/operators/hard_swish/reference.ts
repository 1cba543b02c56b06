/**
 * Hard swish (arXiv:1905.02244), element by element.
 *
 *     y = x h(x),    dx = (h(x) + x (0 < h(x) < 1 ? 1/6 : 0)) dy,    h(x) = max(0, min(1, x / 6 + 1/2))
 *
 * Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { hardSigmoid } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import type { HardSwish } from "./spec.js";

const GATE = hardSigmoid(1 / 6, 1 / 2);

export const reference = elementWiseReference<HardSwish>(() => ({
  value: (x) => x * GATE.value(x, 0),
  derivative: (x) => GATE.value(x, 0) + x * GATE.derivative(x, 0),
}));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: 2 });
