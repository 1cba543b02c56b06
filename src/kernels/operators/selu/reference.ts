/**
 * Scaled exponential linear unit (arXiv:1706.02515), element by element.
 *
 *     y = s (x > 0 ? x : a (e^x - 1)),    dx = s (x > 0 ? 1 : a e^x) dy,    s = 1.0507..., a = 1.6732...
 *
 * At 0 the derivative is that of the left side. Error of a float32 evaluation: see `element_wise/reference.ts`.
 */
import { elementWiseReference } from "../../element_wise/reference.js";
import { elu } from "../../element_wise/scalar.js";
import { elementWise } from "../../float32/element_wise.js";
import { ALPHA, SCALE } from "./constants.js";
import type { Selu } from "./spec.js";

export const reference = elementWiseReference<Selu>(() => elu(ALPHA, SCALE));

export const float32 = /* @__PURE__ */ elementWise({ reference, constant: () => 16, bend: 2 });
