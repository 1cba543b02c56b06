/** Reductions along axes. */

import type { OpName } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { squeeze } from "../../dataflow/axes.js";
import { logSumExp, norm1, norm2, sumOfSquares } from "../../dataflow/compositions.js";
import { foldAlong } from "../../dataflow/folding.js";
import { product } from "../../dataflow/indexed.js";
import { type Reduction, reduce } from "../../dataflow/reductions.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperator, type OnnxOperators, operator } from "./operator.js";

/** @param reduced keeps the axes, with length 1 */
function reduction(
  operators: readonly OpName[],
  reduced: (node: OnnxNode, x: Activation, axes: readonly number[]) => Activation,
  combine: (values: Float64Array) => number,
  /** What the reduction of each value by itself is: where no axes are named. */
  alone: (node: OnnxNode, x: Activation) => Activation = (_, x) => x,
): OnnxOperator {
  return operator(operators, (node) => {
    const x = node.operand(0);
    const { axes, keepsAxes } = settings(node, x);
    if (!isActivation(x)) return axes.length === 0 ? x : foldAlong(node, x, axes, keepsAxes, combine);
    if (axes.length === 0) return alone(node, x);
    const kept = reduced(node, x, axes);
    return keepsAxes ? kept : squeeze(node, kept, axes);
  });
}

const MADE: Readonly<Record<Reduction, readonly OpName[]>> = {
  mean: ["GlobalAveragePool", "ReduceMean"],
  sum: ["ReduceSum"],
  max: ["GlobalMaxPool", "ReduceMax"],
};

function simple(kind: Reduction, combine: (values: Float64Array) => number): OnnxOperator {
  return reduction(MADE[kind], (node, x, axes) => reduce(node, x, axes, kind, true), combine);
}

/** The smallest is the largest of the negatives. */
function smallest(node: OnnxNode, x: Activation, axes: readonly number[]): Activation {
  return node.map({ op: "Neg" }, reduce(node, node.map({ op: "Neg" }, x), axes, "max", true));
}

/** All axes where none are named, unless the node says that this means none. */
function settings(node: OnnxNode, x: Operand): { axes: readonly number[]; keepsAxes: boolean } {
  const keepsAxes = node.flag("keepdims", true);
  const nothing = node.flag("noop_with_empty_axes", false);
  const given = node.list("axes", 1);
  if (given && given.length > 0) return { axes: node.axes(given, x.dims.length), keepsAxes };
  return { axes: nothing ? [] : x.dims.map((_, axis) => axis), keepsAxes };
}

const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);
const abs = (node: OnnxNode, x: Activation): Activation => node.map({ op: "Abs" }, x);
const square = (node: OnnxNode, x: Activation): Activation => arithmetic(node, "Mul", [x, x]);

export const REDUCTIONS: OnnxOperators = {
  ReduceMean: simple("mean", (values) => sum(values) / values.length),
  ReduceSum: simple("sum", sum),
  ReduceMax: simple("max", (values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  ReduceMin: reduction(["Neg", ...MADE.max], smallest, (values) =>
    values.reduce((a, b) => Math.min(a, b), Infinity),
  ),
  ReduceL1: reduction(["Abs", "ReduceSum"], norm1, (values) => sum(values.map(Math.abs)), abs),
  ReduceL2: reduction(
    ["Mul", "ReduceSum", "Sqrt"],
    norm2,
    (values) => Math.sqrt(sum(values.map((x) => x * x))),
    abs,
  ),
  ReduceSumSquare: reduction(
    ["Mul", "ReduceSum"],
    sumOfSquares,
    (values) => sum(values.map((x) => x * x)),
    square,
  ),
  ReduceLogSum: reduction(
    ["ReduceSum", "Log"],
    (node, x, axes) => node.map({ op: "Log" }, reduce(node, x, axes, "sum", true)),
    (values) => Math.log(sum(values)),
    (node, x) => node.map({ op: "Log" }, x),
  ),
  ReduceLogSumExp: reduction([...MADE.max, "Sub", "Exp", "ReduceSum", "Log", "Add"], logSumExp, (values) =>
    Math.log(sum(values.map(Math.exp))),
  ),
  ReduceProd: reduction(["Mul", "Slice"], product, (values) => values.reduce((all, x) => all * x, 1)),
};
