/**
 * `y = x`, `dx = dy`: dropout and noise layers at inference.
 *
 * Layout: any shape. Nothing is copied: the result is the argument.
 */
import { moves } from "../../float32/linear.js";
import { unchanged } from "../../reshaping.js";
import type { Identity } from "./spec.js";

export const reference = unchanged<Identity>();
export const float32 = /* @__PURE__ */ moves(reference);
