/**
 * The largest of two or more values, element by element, with NumPy broadcasting; the first of the equal gets the cotangent.
 *
 *     y[i] = max_j x_j[i],    dx_j[i] = dy[i] if j is the first with x_j[i] = y[i], else 0
 *
 * Layout, limits and the error of a float32 evaluation: see `extreme/reference.ts`.
 */
import { extremeError } from "../../extreme/float32.js";
import { extremeReference } from "../../extreme/reference.js";
import type { Max } from "./spec.js";

export const reference = /* @__PURE__ */ extremeReference<Max>(Math.max);

export const float32 = /* @__PURE__ */ extremeError<Max>(1);
