/** Products of matrices, and what ends a network. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { reshape, squeeze, transpose, unsqueeze } from "../../dataflow/axes.js";
import { logSoftmax } from "../../dataflow/compositions.js";
import { foldEach, foldMatMul } from "../../dataflow/folding.js";
import { dense, lastOf } from "../../dataflow/layers.js";
import { product } from "../../dataflow/products.js";
import { softmax } from "../../dataflow/reductions.js";
import { reshaped, type Tensor, transposed } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

/** `alpha A B + beta C`. */
function runGemm(node: OnnxNode): Operand {
  node.ignore("broadcast");
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const [transA, transB] = [node.flag("transA", false), node.flag("transB", false)];
  const c = node.optional(2, "C");
  const turned = (matrix: Tensor): Tensor => {
    node.reserve(matrix.data.length);
    return transposed(matrix, [1, 0]);
  };
  const a = node.operand(0);
  const b = node.given(1, "B");
  if (b.dims.length !== 2) node.reject(`B has shape ${valueText(b.dims)}, expected a matrix`);
  const weights = times(node, transB ? turned(b) : b, alpha);
  const bias = c && times(node, c, beta);
  if (!isActivation(a)) {
    const folded = foldMatMul(node, transA ? turned(a) : a, weights);
    return bias ? foldEach(node, (x, y) => x + y, [folded, bias]) : folded;
  }
  if (a.dims.length !== 2) node.reject(`A has shape ${valueText(a.dims)}, expected a matrix`);
  return affine(node, transA ? transpose(node, a, [1, 0]) : a, weights, bias);
}

/** With a bias in the layer where it is one value a unit, else added after it. */
function affine(
  node: OnnxNode,
  x: Operand & { kind: "activation" },
  weights: Tensor,
  bias?: Tensor,
): Operand {
  const units = weights.dims[1];
  const isVector = bias && bias.dims[bias.dims.length - 1] === units && sizeOf(bias.dims) === units;
  const y = dense(node, x, x.dims.length - 1, weights, isVector ? bias : undefined);
  return bias && !isVector ? arithmetic(node, "Add", [y, bias]) : y;
}

function times(node: OnnxNode, tensor: Tensor, factor: number): Tensor {
  return factor === 1 ? tensor : foldEach(node, (x) => x * factor, [tensor]);
}

/** Products of matrices; a vector is a matrix of one row or column, which the result has no axis for. */
function runMatMul(node: OnnxNode): Operand {
  const [a, b] = [node.operand(0), node.operand(1)];
  const [isRow, isColumn] = [a.dims.length === 1, b.dims.length === 1];
  const y = product(node, isRow ? withAxes(a, [0]) : a, isColumn ? withAxes(b, [1]) : b);
  const rank = y.dims.length;
  return withoutAxes(node, y, [...(isRow ? [rank - 2] : []), ...(isColumn ? [rank - 1] : [])]);
}

function withAxes(x: Operand, axes: readonly number[]): Operand {
  return isActivation(x) ? unsqueeze(x, axes) : reshaped(x, [...x.dims].toSpliced(axes[0], 0, 1));
}

function withoutAxes(node: OnnxNode, x: Operand, axes: readonly number[]): Operand {
  if (axes.length === 0) return x;
  if (isActivation(x)) return squeeze(node, x, axes);
  return reshaped(
    x,
    x.dims.filter((_, axis) => !axes.includes(axis)),
  );
}

/** What is computed along one axis; before opset 13 over all axes from `axis` on together. */
function alongAxis(node: OnnxNode, apply: (x: Activation, axis: number) => Activation): Operand {
  const x = node.activation(0);
  const rank = x.dims.length;
  if (node.opset >= 13) return apply(x, node.axis("axis", -1, rank));
  const axis = node.axis("axis", 1, rank);
  if (axis <= x.batch) return node.mixesImages("it normalises along");
  const long = x.dims.flatMap((n, a) => (a >= axis && n > 1 ? [a] : []));
  if (long.length === 1) return apply(x, long[0]);
  const flat = [...x.dims.slice(0, axis), sizeOf(x.dims.slice(axis))];
  return reshape(node, apply(reshape(node, x, flat), axis), x.dims);
}

function runSoftmax(node: OnnxNode): Operand {
  return alongAxis(node, (x, axis) => softmax(node, x, axis));
}

/** As the last operator, over all classes, one that the network strips: logits are what it works on. */
function runLogSoftmax(node: OnnxNode): Operand {
  return alongAxis(node, (x, axis) =>
    node.isLast && x.dims[axis] === sizeOf(x.dims)
      ? node.map({ op: "LogSoftmax" }, lastOf(node, x, axis))
      : logSoftmax(node, x, axis),
  );
}

export const MATRICES: OnnxOperators = {
  Gemm: operator(["Gemm"], runGemm),
  MatMul: operator(["Gemm", "MatMul"], runMatMul),
  Softmax: operator(["Softmax"], runSoftmax),
  LogSoftmax: operator(
    ["LogSoftmax", "GlobalMaxPool", "ReduceMax", "Sub", "Exp", "ReduceSum", "Log", "Add"],
    runLogSoftmax,
  ),
};
