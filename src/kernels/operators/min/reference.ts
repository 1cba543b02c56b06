/**
 * The smallest of two or more values, element by element, with NumPy broadcasting; the first of the equal gets the cotangent.
 *
 *     y[i] = min_j x_j[i],    dx_j[i] = dy[i] if j is the first with x_j[i] = y[i], else 0
 *
 * Layout, limits and the error of a float32 evaluation: see `extreme/reference.ts`.
 */
import { extremeError } from "../../extreme/float32.js";
import { extremeReference } from "../../extreme/reference.js";
import type { Min } from "./spec.js";

export const reference = /* @__PURE__ */ extremeReference<Min>(Math.min);

export const float32 = /* @__PURE__ */ extremeError<Min>(-1);
