/** Products of matrices, and what is normalised along their rows. */

import { sizeOf } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { transpose } from "../../dataflow/axes.js";
import { logSoftmax } from "../../dataflow/compositions.js";
import { einsum } from "../../dataflow/einsum.js";
import { foldEach } from "../../dataflow/folding.js";
import { dense } from "../../dataflow/layers.js";
import { product } from "../../dataflow/products.js";
import { softmax } from "../../dataflow/reductions.js";
import { type Tensor, transposed } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { TfNode } from "../node.js";
import { fused } from "./fused.js";
import { operator, type TfOperators } from "./operator.js";

/** `A B` of matrices, either transposed: a dense layer where B is constant, else a product of two values. */
function multiply(node: TfNode, bias?: Tensor): Operand {
  node.expectInputs(2, Infinity);
  const [transposesA, transposesB] = [
    node.flag("transpose_a", false) || node.flag("adj_x", false),
    node.flag("transpose_b", false) || node.flag("adj_y", false),
  ];
  const a = matrices(node, node.operand(0), transposesA);
  const b = matrices(node, node.operand(1), transposesB);
  if (bias && isActivation(a) && !isActivation(b) && b.dims.length === 2)
    return dense(node, a, a.dims.length - 1, b, bias);
  const y = product(node, a, b);
  if (!bias) return y;
  return isActivation(y) ? arithmetic(node, "Add", [y, bias]) : foldEach(node, (a, b) => a + b, [y, bias]);
}

/** With its last two axes swapped where a product says so. */
function matrices(node: TfNode, x: Operand, transposes: boolean): Operand {
  const rank = x.dims.length;
  if (rank < 2) node.reject(`an input has shape ${valueText(x.dims)}, expected matrices`);
  if (!transposes) return x;
  const perm = [...x.dims.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  return isActivation(x) ? transpose(node, x, perm) : transposed(x, perm);
}

function runLogSoftmax(node: TfNode): Operand {
  const x = node.activation(0);
  const axis = x.dims.length - 1;
  // Over all classes of a network's end it is stripped; elsewhere it is spelled out.
  const isAll = x.dims[axis] === sizeOf(x.dims);
  return node.isLast && isAll ? softmax(node, x, axis, "LogSoftmax") : logSoftmax(node, x, axis);
}

function runSoftmax(node: TfNode): Operand {
  const x = node.activation(0);
  return softmax(node, x, x.dims.length - 1);
}

function runFusedMatMul(node: TfNode): Operand {
  return fused(
    node,
    (bias) => {
      const y = multiply(node, bias);
      return isActivation(y) ? y : node.ofConstants();
    },
    (y) => y.dims.length - 1,
  );
}

const matMul = operator(["Gemm", "MatMul"], (node) => multiply(node));

export const MATRICES: TfOperators = {
  MatMul: matMul,
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  BatchMatMulV3: matMul,
  _FusedMatMul: operator(["Gemm", "MatMul"], runFusedMatMul),
  Einsum: operator(["Gemm", "MatMul", "Mul"], (node) =>
    einsum(node, node.text("equation", ""), node.operands),
  ),
  Softmax: operator(["Softmax"], runSoftmax),
  LogSoftmax: operator(
    ["LogSoftmax", "GlobalMaxPool", "Sub", "Exp", "GlobalAveragePool", "Mul", "Log", "Add"],
    runLogSoftmax,
  ),
};
