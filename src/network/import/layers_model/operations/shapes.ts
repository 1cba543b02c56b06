/** Functions that move, join, take and reduce. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { axisOf, checkPerm, reshape, squeeze, transpose, unsqueeze } from "../../dataflow/axes.js";
import { depthToSpace } from "../../dataflow/blocks.js";
import { type Border, pad } from "../../dataflow/borders.js";
import { concat, partOf, take } from "../../dataflow/parts.js";
import { product } from "../../dataflow/products.js";
import { type Reduction, reduce, softmax } from "../../dataflow/reductions.js";
import { resize } from "../../dataflow/resize.js";
import { scalar } from "../../dataflow/tensor.js";
import { channelsFirst, channelsLast } from "../../dataflow/window.js";
import { isRecord, valueText } from "../../failure.js";
import type { Operation } from "./elementwise.js";
import type { OperationCall } from "./operation_call.js";

const X = ["x", "input", "inputs", "input_tensor", "tensor", "a", "value", "logits"] as const;

function reduction(kind: Reduction): Operation {
  return (of) => {
    const x = of.activation(0, ...X);
    return reduce(of.flow, x, of.axes(x, 1, "axis"), kind, of.flag(2, false, "keepdims", "keep_dims"));
  };
}

const softmaxOf: Operation = (of) => {
  const x = of.activation(0, ...X);
  return softmax(of.flow, x, axisOf(of.flow, of.integer(1, -1, "axis", "dim"), x.dims.length));
};

/** With the batch axis in the shape: its length is open, or what a model of one image has. */
const reshapeTo: Operation = (of) => {
  const x = of.activation(0, ...X);
  const target = of.argument(1, "newshape", "new_shape", "shape");
  const list = Array.isArray(target) ? target : of.call.unsupported("a shape that is no list");
  const given = list.map((n: unknown, axis) => (n === null || (axis === 0 && n === -1) ? 1 : n));
  const isOpen = (n: unknown) => n === -1;
  if (!given.every((n) => Number.isSafeInteger(n))) return of.call.unsupported(`shape ${valueText(target)}`);
  const known = sizeOf(given.filter((n) => !isOpen(n)) as number[]);
  return reshape(of.flow, x, given.map((n) => (isOpen(n) ? sizeOf(x.dims) / known : n)) as number[]);
};

const transposeBy: Operation = (of) => {
  const x = of.activation(0, ...X);
  const rank = x.dims.length;
  const perm = of.integers(1, "perm", "axes") ?? x.dims.map((_, axis) => rank - 1 - axis);
  checkPerm(of.flow, perm, rank);
  return transpose(of.flow, x, perm);
};

const expandDims: Operation = (of) => {
  const x = of.activation(0, ...X);
  const axis = of.integer(1, -1, "axis");
  const place = axis < 0 ? axis + x.dims.length + 1 : axis;
  if (place < 0 || place > x.dims.length)
    of.call.reject(`axis is ${axis}, expected one of ${x.dims.length + 1}`);
  return unsqueeze(x, [place]);
};

const squeezeOf: Operation = (of) => {
  const x = of.activation(0, ...X);
  const given = of.integers(1, "axis", "squeeze_dims");
  const axes = given
    ? given.map((axis) => axisOf(of.flow, axis, x.dims.length))
    : x.dims.flatMap((n, axis) => (n === 1 && axis !== x.batch ? [axis] : []));
  return squeeze(of.flow, x, axes);
};

const concatenate: Operation = (of) => {
  const operands = of.operands(0, "values", "xs", "arrays");
  const axis = of.integer(1, -1, "axis");
  return concat(of.flow, operands, axisOf(of.flow, axis, operands[0].dims.length));
};

const stack: Operation = (of) => {
  const values = of
    .operands(0, "values", "x", "arrays")
    .map((operand) => (isActivation(operand) ? operand : of.call.unsupported("of constants")));
  const axis = of.integer(1, 0, "axis");
  const place = axis < 0 ? axis + values[0].dims.length + 1 : axis;
  return concat(
    of.flow,
    values.map((value) => unsqueeze(value, [place])),
    place,
  );
};

const split: Operation = (of) => {
  const x = of.activation(0, ...X);
  const parts =
    of.integers(1, "num_or_size_splits", "indices_or_sections") ?? of.call.reject("it has no parts");
  const axis = axisOf(of.flow, of.integer(2, 0, "axis"), x.dims.length);
  const length = x.dims[axis];
  const [count] = parts;
  const sizes = parts.length === 1 ? new Array<number>(count).fill(length / count) : parts;
  if (sizes.some((n) => !Number.isInteger(n)) || sizes.reduce((sum, n) => sum + n, 0) !== length)
    of.call.reject(`its parts are ${valueText(parts)}, expected to make up ${length}`);
  let start = 0;
  return sizes.map((n) => {
    const part = take(of.flow, x, { axis, start, step: 1, count: n });
    start += n;
    return part;
  });
};

/** `x[:, 1:3, ..., 0]`: slices as objects, a number takes one and drops its axis. */
const getItem: Operation = (of) => {
  const x = of.activation(0, ...X);
  const key = of.argument(1, "slice_spec", "key");
  const items: readonly unknown[] = Array.isArray(key) ? key : [key];
  const fixed = items.filter((item) => !isEllipsis(item) && item !== null && item !== undefined).length;
  let taken = x;
  let axis = 0;
  const dropped: number[] = [];
  for (const item of items) {
    if (isEllipsis(item)) axis += x.dims.length - fixed;
    else if (typeof item === "number" || isRecord(item)) {
      if (axis >= x.dims.length) return of.call.reject(`it takes ${fixed} axes of ${x.dims.length}`);
      taken =
        typeof item === "number" ? takeOne(of, taken, axis, item, dropped) : takeRange(of, taken, axis, item);
      axis++;
    } else return of.call.unsupported(`an index of ${valueText(item)}`);
  }
  return squeeze(of.flow, taken, dropped);
};

function isEllipsis(item: unknown): boolean {
  return item === "..." || item === "Ellipsis" || (isRecord(item) && item.class_name === "__ellipsis__");
}

function takeOne(of: OperationCall, x: Activation, axis: number, at: number, dropped: number[]): Activation {
  const start = axis in x.dims && at < 0 ? at + x.dims[axis] : at;
  if (!Number.isInteger(start) || start < 0 || start >= x.dims[axis])
    of.call.reject(`index ${at} of an axis of ${x.dims[axis]}`);
  dropped.push(axis);
  return take(of.flow, x, { axis, start, step: 1, count: 1 });
}

function takeRange(of: OperationCall, x: Activation, axis: number, item: Readonly<Record<string, unknown>>) {
  const own = isRecord(item.config) ? item.config : item;
  const bound = (value: unknown, fallback: number) => (typeof value === "number" ? value : fallback);
  const step = bound(own.step, 1);
  const [first, last] = step > 0 ? [0, Infinity] : [Infinity, -Infinity];
  const part = partOf(of.flow, x.dims[axis], axis, bound(own.start, first), bound(own.stop, last), step);
  return take(of.flow, x, part);
}

const padBy: Operation = (of) => {
  const x = of.activation(0, ...X);
  const flat = of.integers(1, "paddings", "pad_width") ?? of.call.reject("it has no paddings");
  const mode = of.text(2, "constant", "mode").toLowerCase();
  const value = of.number(3, 0, "constant_values");
  if (flat.length !== 2 * x.dims.length)
    of.call.reject(`paddings are ${valueText(flat)}, expected two for each axis of ${valueText(x.dims)}`);
  const borders: Readonly<Record<string, Border>> = { constant: { value }, reflect: "reflect", edge: "edge" };
  if (!Object.hasOwn(borders, mode)) return of.call.unsupported(`mode ${mode}`);
  const pairs = x.dims.map((_, axis) => [flat[2 * axis], flat[2 * axis + 1]] as const);
  return pad(of.flow, x, pairs, borders[mode]);
};

const resizeTo: Operation = (of) => {
  const x = of.activation(0, "images", ...X);
  const [height, width] = of.integers(1, "size") ?? of.call.reject("it has no size");
  const method = of.text(2, "bilinear", "method", "interpolation");
  if (method !== "bilinear" && method !== "nearest") return of.call.unsupported(`method ${method}`);
  if (of.flag(9, false, "antialias") || of.flag(9, false, "preserve_aspect_ratio", "crop_to_aspect_ratio"))
    return of.call.unsupported("antialias or aspect ratio");
  const isFirst = of.text(9, "channels_last", "data_format") === "channels_first";
  const axes = isFirst ? channelsFirst(4) : channelsLast(4);
  if (x.dims.length !== 4) return of.call.unsupported(`of ${valueText(x.dims)}`);
  const size = [height, width];
  const lengths = x.dims.map((n, axis) => size[axes.spatial.indexOf(axis)] ?? n);
  const factors = lengths.map((n, axis) => n / x.dims[axis]);
  const mode = method === "nearest" ? "nearest" : "linear";
  return resize(of.flow, x, axes, lengths, factors, {
    mode,
    coordinates: "half_pixel",
    rounding: "round_prefer_ceil",
  });
};

const matmul: Operation = (of) => {
  const operands = [of.operand(0, "x1", "a"), of.operand(1, "x2", "b")];
  if (of.flag(2, false, "transpose_a") || of.flag(3, false, "transpose_b"))
    return of.call.unsupported("transposed");
  // Of constants alone nothing would depend on the image.
  const made = product(of.flow, operands[0], operands[1]);
  return isActivation(made) ? made : of.call.unsupported("of constants");
};

/** `x / sqrt(max(sum(x^2), epsilon))`. */
const l2Normalize: Operation = (of) => {
  const x = of.activation(0, ...X);
  const axes = of.axes(x, 1, "axis");
  const epsilon = of.number(2, 1e-12, "epsilon");
  const sum = reduce(of.flow, arithmetic(of.flow, "Mul", [x, x]), axes, "sum", true);
  const length = of.flow.map({ op: "Sqrt" }, arithmetic(of.flow, "Max", [sum, scalar(epsilon)]));
  return arithmetic(of.flow, "Div", [x, length]);
};

const depthToSpaceOf: Operation = (of) => {
  const x = of.activation(0, ...X);
  const isFirst = of.text(9, "NHWC", "data_format") === "NCHW";
  const axes = isFirst ? channelsFirst(4) : channelsLast(4);
  return depthToSpace(of.flow, x, axes, of.integer(1, 1, "block_size"));
};

/** By the names of Keras 3. */
export const SHAPES: Readonly<Record<string, Operation>> = {
  Mean: reduction("mean"),
  Sum: reduction("sum"),
  Max: reduction("max"),
  Softmax: softmaxOf,
  Reshape: reshapeTo,
  Transpose: transposeBy,
  ExpandDims: expandDims,
  Squeeze: squeezeOf,
  Concatenate: concatenate,
  Stack: stack,
  Split: split,
  GetItem: getItem,
  Pad: padBy,
  Resize: resizeTo,
  Matmul: matmul,
  Normalize: l2Normalize,
  DepthToSpace: depthToSpaceOf,
};
