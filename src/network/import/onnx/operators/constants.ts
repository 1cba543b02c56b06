/** Operators that make constants, of shapes and of stored weights. */

import { isActivation, type Operand } from "../../dataflow/activation.js";
import { filled, foldEach, range } from "../../dataflow/folding.js";
import { cumulativeSum, foldCumulativeSum, newAxis, oneHot, scattered } from "../../dataflow/indexed.js";
import { listOf } from "../../dataflow/places.js";
import { gatherElements, gatherNd, scatterElements, scatterNd } from "../../dataflow/scattered_values.js";
import { float32Tensor, integers, stridesOf, type Tensor } from "../../dataflow/tensor.js";
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

function runOneHot(node: OnnxNode): Operand {
  const indices = node.given(0, "indices");
  const [depth] = node.given(1, "depth").data;
  const values = node.given(2, "values");
  if (values.data.length !== 2) node.reject(`values have shape ${valueText(values.dims)}, expected two`);
  const axis = newAxis(node, node.integer("axis", -1), indices.dims);
  const [off, on] = values.data;
  return oneHot(node, indices, { depth, axis, on, off, type: values.type, wraps: true });
}

function runScatterNd(node: OnnxNode): Operand {
  const reduction = node.choice("reduction", "none", ["none", "add", "mul", "max", "min"]);
  const combine = {
    none: (_: number, update: number) => update,
    add: (there: number, update: number) => there + update,
    mul: (there: number, update: number) => there * update,
    max: Math.max,
    min: Math.min,
  }[reduction];
  const [data, indices, updates] = [node.operand(0), node.given(1, "indices"), node.operand(2)];
  if (!isActivation(data) && !isActivation(updates)) return scattered(node, data, indices, updates, combine);
  if (reduction !== "none" && reduction !== "add")
    return node.unsupported(`reduction ${reduction} of values that depend on the image`);
  return scatterNd(node, data, indices, updates, reduction);
}

function runScatterElements(node: OnnxNode): Operand {
  const [data, indices, updates] = [node.operand(0), node.given(1, "indices"), node.operand(2)];
  const axis = node.axis("axis", 0, data.dims.length);
  const how = node.choice("reduction", "none", ["none", "add"]);
  return isActivation(data) || isActivation(updates)
    ? scatterElements(node, data, indices, updates, axis, how)
    : node.ofConstants();
}

function runGatherElements(node: OnnxNode): Operand {
  const x = node.activation(0);
  return gatherElements(node, x, node.given(1, "indices"), node.axis("axis", 0, x.dims.length));
}

function runCumSum(node: OnnxNode): Operand {
  const x = node.operand(0);
  const axis = node.axes([...node.given(1, "axis").data], x.dims.length)[0];
  if (axis === undefined) return node.reject("its axis is missing");
  const how = { exclusive: node.flag("exclusive", false), reverse: node.flag("reverse", false) };
  return isActivation(x) ? cumulativeSum(node, x, axis, how) : foldCumulativeSum(node, x, axis, how);
}

/** What a condition that is known chooses does not come here. */
function runIf(node: OnnxNode): Operand {
  node.given(0, "condition");
  return node.reject("it has no graph for its condition");
}

/** Coordinates of what is not 0, `[rank][count]`. */
function runNonZero(node: OnnxNode): Operand {
  const x = node.given(0, "input");
  const found = [...x.data.keys()].filter((i) => x.data[i] !== 0);
  node.reserve(found.length * x.dims.length);
  const strides = stridesOf(x.dims);
  const places = x.dims.flatMap((n, axis) => found.map((i) => Math.floor(i / strides[axis]) % n));
  return integers(places, [x.dims.length, found.length]);
}

export const CONSTANTS: OnnxOperators = {
  If: operator([], runIf),
  NonZero: operator([], runNonZero),
  Constant: operator([], runConstant),
  ConstantOfShape: operator([], runConstantOfShape),
  Range: operator([], runRange),
  DequantizeLinear: operator([], runDequantizeLinear),
  OneHot: operator([], runOneHot),
  ScatterND: operator(["Gather", "Concat", "Gemm"], runScatterNd),
  ScatterElements: operator(["Gather", "Concat", "Gemm"], runScatterElements),
  GatherND: operator(["Gather"], (node) => {
    if (node.integer("batch_dims", 0) !== 0) return node.unsupported("batch_dims");
    return gatherNd(node, node.operand(0), node.given(1, "indices"));
  }),
  GatherElements: operator(["Gather"], runGatherElements),
  CumSum: operator(["Gemm"], runCumSum),
};
