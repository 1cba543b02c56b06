/** Constants, and what is known of values before there is an image: their shapes. */

import { sizeOf } from "../../../spec.js";
import { isActivation, type Operand } from "../../dataflow/activation.js";
import { filled, range } from "../../dataflow/folding.js";
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

export const CONSTANTS: TfOperators = {
  Const: operator([], runConst),
  Range: operator([], runRange),
  Fill: operator([], runFill),
  Shape: operator([], (node) => integers(node.operand(0).dims)),
  ShapeN: operator([], (node) => node.operands.map(({ dims }) => integers(dims))),
  Size: operator([], (node) => integers([sizeOf(node.operand(0).dims)], [])),
  Rank: operator([], (node) => integers([node.operand(0).dims.length], [])),
  ZerosLike: like(0),
  OnesLike: like(1),
};
