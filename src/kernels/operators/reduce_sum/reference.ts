/**
 * The sum along neighbouring axes.
 *
 *     y[o, i] = sum_r x[o, r, i],    dx[o, r, i] = dy[o, i],    0 <= r < n
 *
 * Layout, cost and the error of a float32 evaluation: see `reduction/reference.ts`.
 */
import { scaledSum, scaledSumError } from "../../reduction/reference.js";
import { factorOf, type ReduceSum } from "./spec.js";

export const reference = /* @__PURE__ */ scaledSum<ReduceSum>(factorOf);

export const float32 = /* @__PURE__ */ scaledSumError<ReduceSum>(factorOf);
