/**
 * Row-major reinterpretation as a vector: `y[i] = x[i]`, `dx[i] = dy[i]` in flat order.
 *
 * Layout: any shape. Nothing is copied: the result is the argument.
 */
import { moves } from "../../float32/linear.js";
import { unchanged } from "../../reshaping.js";
import type { Flatten } from "./spec.js";

export const reference = unchanged<Flatten>();
export const float32 = /* @__PURE__ */ moves(reference);
