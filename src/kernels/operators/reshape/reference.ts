/**
 * Row-major reinterpretation: `y[i] = x[i]`, `dx[i] = dy[i]` in flat order.
 *
 * Layout: any two shapes of equal size. Nothing is copied: the result is the argument.
 */
import { moves } from "../../float32/linear.js";
import { unchanged } from "../../reshaping.js";
import type { Reshape } from "./spec.js";

export const reference = unchanged<Reshape>();
export const float32 = /* @__PURE__ */ moves(reference);
