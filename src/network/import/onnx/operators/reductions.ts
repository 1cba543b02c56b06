/** Reductions along axes. */

import { isActivation, type Operand } from "../../dataflow/activation.js";
import { foldAlong } from "../../dataflow/folding.js";
import { type Reduction, reduce } from "../../dataflow/reductions.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperator, type OnnxOperators, operator } from "./operator.js";

function reduction(kind: Reduction, combine: (values: Float64Array) => number): OnnxOperator {
  const op = kind === "max" ? "GlobalMaxPool" : "GlobalAveragePool";
  return operator([op], (node) => {
    const x = node.operand(0);
    const { axes, keepsAxes } = settings(node, x);
    if (isActivation(x)) return axes.length === 0 ? x : reduce(node, x, axes, kind, keepsAxes);
    return axes.length === 0 ? x : foldAlong(node, x, axes, keepsAxes, combine);
  });
}

function constant(combine: (values: Float64Array) => number): OnnxOperator {
  return operator([], (node) => {
    const x = node.given(0, "input");
    const { axes, keepsAxes } = settings(node, x);
    return foldAlong(node, x, axes, keepsAxes, combine);
  });
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

export const REDUCTIONS: OnnxOperators = {
  ReduceMean: reduction("mean", (values) => sum(values) / values.length),
  ReduceSum: reduction("sum", sum),
  ReduceMax: reduction("max", (values) => Math.max(...values)),
  ReduceMin: constant((values) => Math.min(...values)),
  ReduceProd: constant((values) => values.reduce((product, x) => product * x, 1)),
};
