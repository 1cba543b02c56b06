/** Functions that are written with several operators. */

import { sizeOf } from "../../spec.js";
import { type Activation, isActivation, type Operand } from "./activation.js";
import { arithmetic } from "./arithmetic.js";
import type { Flow } from "./flow.js";
import { foldEach } from "./folding.js";
import { reduce } from "./reductions.js";
import { broadcastDims, type Dims, type Tensor } from "./tensor.js";

/** Whether a shape broadcasts to `dims` without growing it. */
export function covers(dims: Dims, other: Dims): boolean {
  const both = broadcastDims(dims, other);
  return both !== undefined && sizeOf(both) === sizeOf(dims);
}

/** `condition ? a : b`, element by element, the condition known: what is not chosen is multiplied by 0. */
export function choose(flow: Flow, condition: Tensor, a: Operand, b: Operand): Operand {
  if (!isActivation(a) && !isActivation(b))
    return foldEach(flow, (chosen, x, y) => (chosen !== 0 ? x : y), [condition, a, b]);
  const all = condition.data.every((x) => x !== 0);
  if (all || condition.data.every((x) => x === 0)) {
    const [kept, other] = all ? [a, b] : [b, a];
    // Only the shapes of the others matter then.
    if (isActivation(kept) && covers(kept.dims, condition.dims) && covers(kept.dims, other.dims)) return kept;
  }
  const side = (operand: Operand, chosen: (x: number) => boolean): Operand => {
    const keep = (x: number) => Number(chosen(x));
    if (isActivation(operand))
      return arithmetic(flow, "Mul", [operand, foldEach(flow, keep, [condition], "float")]);
    // Not multiplied: a mask's other value may be infinite.
    return foldEach(flow, (x, value) => (chosen(x) ? value : 0), [condition, operand], "float");
  };
  return arithmetic(flow, "Add", [side(a, (x) => x !== 0), side(b, (x) => x === 0)]);
}

/** `log(sum(exp(x)))` along axes, with the largest value taken out before. */
export function logSumExp(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  const largest = reduce(flow, x, axes, "max", true);
  const powers = flow.map({ op: "Exp" }, arithmetic(flow, "Sub", [x, largest]));
  const sum = flow.map({ op: "Log" }, reduce(flow, powers, axes, "sum", true));
  return arithmetic(flow, "Add", [sum, largest]);
}

/** The logarithm of a softmax along one axis, wherever it stands. */
export function logSoftmax(flow: Flow, x: Activation, axis: number): Activation {
  return arithmetic(flow, "Sub", [x, logSumExp(flow, x, [axis])]);
}

/** `sum(|x|)` along axes. */
export function norm1(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  return reduce(flow, flow.map({ op: "Abs" }, x), axes, "sum", true);
}

/** The least sum of squares that a root is taken of: its root is 0 beside any value of a network, and its derivative finite. */
const LEAST_SQUARES = 2 ** -120;

/** `sqrt(sum(x^2))` along axes. Where all are 0 so is the gradient, which is none of the many that there are. */
export function norm2(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  const squares = sumOfSquares(flow, x, axes);
  const bounded = flow.map({ op: "Clip", min: LEAST_SQUARES, max: Number.POSITIVE_INFINITY }, squares);
  return flow.map({ op: "Sqrt" }, bounded);
}

export function sumOfSquares(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  return reduce(flow, arithmetic(flow, "Mul", [x, x]), axes, "sum", true);
}
