/** Operators that make constants, of shapes and of stored weights. */

import type { Operand } from "../../dataflow/activation.js";
import { filled, foldEach, range } from "../../dataflow/folding.js";
import { listOf } from "../../dataflow/parts.js";
import { float32Tensor, integers, type Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

function runConstant(node: OnnxNode): Operand {
  const value = node.tensor("value");
  if (value) return value;
  if (node.has("value_float")) return float32Tensor([], Float32Array.of(node.float("value_float", 0)));
  if (node.has("value_int")) return integers([node.integer("value_int")], []);
  const numbers = node.floats("value_floats");
  if (numbers) return float32Tensor([numbers.length], Float32Array.from(numbers));
  const whole = node.integers("value_ints");
  return whole ? integers(whole) : node.unsupported("of a kind that is no tensor of numbers");
}

function runConstantOfShape(node: OnnxNode): Operand {
  const value = node.tensor("value");
  return filled(node, listOf(node.given(0, "shape")), value ? value.data[0] : 0, value?.type ?? "float");
}

function runRange(node: OnnxNode): Operand {
  const [start, limit, delta] = ["start", "limit", "delta"].map((what, i) => node.given(i, what));
  return range(node, start.data[0], limit.data[0], delta.data[0], start.type);
}

/** `(x - zero_point) scale`, per tensor or along one axis; of constants only. */
function runDequantizeLinear(node: OnnxNode): Operand {
  node.ignore("output_dtype", "saturate");
  if (node.integer("block_size", 0) !== 0) node.unsupported("block_size");
  const x = node.given(0, "input");
  const scale = node.given(1, "scale");
  const zero = node.optional(2, "zero point") ?? { ...scale, data: new Float64Array(scale.data.length) };
  if (scale.data.length === 1) {
    node.ignore("axis");
    const [factor, point] = [scale.data[0], zero.data[0]];
    return foldEach(node, (value) => (value - point) * factor, [x], "float");
  }
  const axis = node.axis("axis", 1, x.dims.length);
  if (scale.dims.length !== 1 || scale.data.length !== x.dims[axis] || zero.data.length !== scale.data.length)
    node.reject(`scale has shape ${valueText(scale.dims)}, expected one value for each of axis ${axis}`);
  const along = (tensor: Tensor): Tensor => ({
    ...tensor,
    dims: x.dims.map((n, a) => (a === axis ? n : 1)),
  });
  return foldEach(
    node,
    (value, factor, point) => (value - point) * factor,
    [x, along(scale), along(zero)],
    "float",
  );
}

export const CONSTANTS: OnnxOperators = {
  Constant: operator([], runConstant),
  ConstantOfShape: operator([], runConstantOfShape),
  Range: operator([], runRange),
  DequantizeLinear: operator([], runDequantizeLinear),
};
