/** Constants, and what is known of values before there is an image: their shapes. */

import { sizeOf } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { filled, range } from "../../dataflow/folding.js";
import { cumulativeSum, foldCumulativeSum, newAxis, oneHot, scattered } from "../../dataflow/indexed.js";
import { integers } from "../../dataflow/tensor.js";
import { checkLengths } from "../lengths.js";
import type { TfNode } from "../node.js";
import { operator, type TfOperator, type TfOperators } from "./operator.js";

function runConst(node: TfNode): Operand {
  node.ignore("value");
  return node.constantValue;
}

function runRange(node: TfNode): Operand {
  const [start, limit, delta] = ["start", "limit", "delta"].map((what, i) => node.number(i, what));
  return range(node, start, limit, delta, node.given(0, "start").type);
}

function runFill(node: TfNode): Operand {
  const dims = node.list(0, "shape");
  checkLengths(node, dims);
  return filled(node, dims, node.number(1, "value"), node.given(1, "value").type);
}

/** A tensor of the same shape whose values are all one number. */
function like(value: number): TfOperator {
  return operator([], (node) => {
    const x = node.operand(0);
    return filled(node, x.dims, value, isActivation(x) ? "float" : x.type);
  });
}

function runOneHot(node: TfNode): Operand {
  const indices = node.given(0, "indices");
  const [depth, on, off] = ["depth", "on value", "off value"].map((what, i) => node.number(i + 1, what));
  const axis = newAxis(node, node.integer("axis", -1), indices.dims);
  return oneHot(node, indices, { depth, axis, on, off, type: node.given(2, "on value").type, wraps: false });
}

/** Where several updates name one place, it is their sum. */
function runScatterNd(node: TfNode): Operand {
  const dims = node.list(2, "shape");
  checkLengths(node, dims);
  const updates = node.given(1, "updates");
  const zeros = filled(node, dims, 0, updates.type);
  return scattered(node, zeros, node.given(0, "indices"), updates, (there, update) => there + update);
}

function runCumsum(node: TfNode): Operand {
  const x = node.operand(0);
  const axis = node.axis(node.number(1, "axis"), x.dims.length);
  const how = { exclusive: node.flag("exclusive", false), reverse: node.flag("reverse", false) };
  return isActivation(x) ? cumulativeSum(node, x, axis, how) : foldCumulativeSum(node, x, axis, how);
}

export const CONSTANTS: TfOperators = {
  Const: operator([], runConst),
  Range: operator([], runRange),
  Fill: operator([], runFill),
  Shape: operator([], (node) => integers(node.operand(0).dims)),
  ShapeN: operator([], (node) => node.operands.map(({ dims }) => integers(dims))),
  Size: operator([], (node) => integers([sizeOf(node.operand(0).dims)], [])),
  Rank: operator([], (node) => integers([node.operand(0).dims.length], [])),
  OneHot: operator([], runOneHot),
  ScatterNd: operator([], runScatterNd),
  Cumsum: operator(["Gemm"], runCumsum),
  ZerosLike: like(0),
  OnesLike: like(1),
};
