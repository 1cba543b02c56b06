/** Reductions along axes. */

import { isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { squeeze } from "../../dataflow/axes.js";
import { foldAlong } from "../../dataflow/folding.js";
import { product } from "../../dataflow/indexed.js";
import { type Reduction, reduce } from "../../dataflow/reductions.js";
import type { TfNode } from "../node.js";
import { operator, type TfOperator, type TfOperators } from "./operator.js";

type Combine = (values: Float64Array) => number;

function settings(node: TfNode): { readonly axes: readonly number[]; readonly keeps: boolean } {
  const axes = node.axes(node.list(1, "axes"), node.operand(0).dims.length);
  return { axes, keeps: node.flag("keep_dims", false) };
}

function reduction(kind: Reduction, combine: Combine): TfOperator {
  return operator([kind === "max" ? "GlobalMaxPool" : "GlobalAveragePool"], (node) => {
    const x = node.operand(0);
    const { axes, keeps } = settings(node);
    return isActivation(x) ? reduce(node, x, axes, kind, keeps) : foldAlong(node, x, axes, keeps, combine);
  });
}

function onConstants(combine: Combine): TfOperator {
  return operator([], (node) => {
    const { axes, keeps } = settings(node);
    return foldAlong(node, node.given(0, "input"), axes, keeps, combine);
  });
}

function runMin(node: TfNode): Operand {
  const x = node.operand(0);
  const { axes, keeps } = settings(node);
  if (!isActivation(x)) return foldAlong(node, x, axes, keeps, least);
  return node.map({ op: "Neg" }, reduce(node, node.map({ op: "Neg" }, x), axes, "max", keeps));
}

function runProd(node: TfNode): Operand {
  const x = node.operand(0);
  const { axes, keeps } = settings(node);
  if (!isActivation(x))
    return foldAlong(node, x, axes, keeps, (values) => values.reduce((all, one) => all * one, 1));
  const kept = product(node, x, axes);
  return keeps ? kept : squeeze(node, kept, axes);
}

function runEuclideanNorm(node: TfNode): Operand {
  const x = node.activation(0);
  const { axes, keeps } = settings(node);
  return node.map({ op: "Sqrt" }, reduce(node, arithmetic(node, "Mul", [x, x]), axes, "sum", keeps));
}

const sum: Combine = (values) => values.reduce((total, x) => total + x, 0);
const least: Combine = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);

export const REDUCTIONS: TfOperators = {
  Mean: reduction("mean", (values) => sum(values) / values.length),
  Sum: reduction("sum", sum),
  Max: reduction("max", (values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  Min: operator(["GlobalMaxPool", "Neg"], runMin),
  EuclideanNorm: operator(["Mul", "GlobalAveragePool", "Sqrt"], runEuclideanNorm),
  Prod: operator(["Mul", "Slice"], runProd),
  All: onConstants((values) => Number(values.every((x) => x !== 0))),
  Any: onConstants((values) => Number(values.some((x) => x !== 0))),
};
