/** Arithmetic on constants: shapes and weights that a graph computes, evaluated once while it is imported. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Flow } from "./flow.js";
import {
  broadcastDims,
  broadcastTo,
  type Dims,
  empty,
  padRank,
  strided,
  stridesOf,
  type Tensor,
  transposed,
} from "./tensor.js";

/** Applies a function of several numbers, broadcasting; the result has the type of the last operand unless told. */
export function foldEach(
  flow: Flow,
  apply: (...values: number[]) => number,
  operands: readonly Tensor[],
  type: Tensor["type"] = operands[operands.length - 1].type,
): Tensor {
  const dims = operands.reduce<Dims>(
    (sum, operand) =>
      broadcastDims(sum, operand.dims) ??
      flow.reject(
        `shapes are ${operands.map((one) => valueText(one.dims)).join(", ")}, expected shapes that broadcast`,
      ),
    [],
  );
  const size = sizeOf(dims);
  flow.reserve(size * (operands.length + 1));
  const arrays = operands.map((operand) => broadcastTo(operand, dims).data);
  const data = empty(type, size);
  const values = new Array<number>(arrays.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < arrays.length; j++) values[j] = arrays[j][i];
    data[i] = apply(...values);
  }
  return { kind: "tensor", type, dims, data };
}

/** Integers divide towards zero, as ONNX's do. */
export function divide(type: Tensor["type"]): (a: number, b: number) => number {
  return type === "integer" ? (a, b) => Math.trunc(a / b) : (a, b) => a / b;
}

export function cast(tensor: Tensor, type: Tensor["type"]): Tensor {
  if (tensor.type === type) return tensor;
  const data =
    type === "float"
      ? Float32Array.from(tensor.data)
      : Float64Array.from(tensor.data, type === "boolean" ? (x) => (x === 0 ? 0 : 1) : Math.trunc);
  return { ...tensor, type, data };
}

/** One value repeated. */
export function filled(flow: Flow, dims: Dims, value: number, type: Tensor["type"]): Tensor {
  const size = checkDims(flow, dims);
  flow.reserve(size);
  return { kind: "tensor", type, dims, data: empty(type, size).fill(value) };
}

/** @returns the number of values. @throws ModelError for lengths that are not whole numbers of at least 0 */
export function checkDims(flow: Flow, dims: Dims): number {
  if (!dims.every((n) => Number.isSafeInteger(n) && n >= 0))
    flow.reject(`shape is ${valueText(dims)}, expected whole numbers`);
  return sizeOf(dims);
}

/** `start, start + delta, ...` up to and without `limit`. */
export function range(flow: Flow, start: number, limit: number, delta: number, type: Tensor["type"]): Tensor {
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  flow.reserve(count);
  const data = empty(type, count);
  for (let i = 0; i < count; i++) data[i] = start + i * delta;
  return { kind: "tensor", type, dims: [count], data };
}

/** Repeats a tensor along each axis. */
export function tiled(flow: Flow, tensor: Tensor, repeats: readonly number[]): Tensor {
  if (repeats.length !== tensor.dims.length)
    flow.reject(`repeats are ${valueText(repeats)}, expected one for each axis of ${valueText(tensor.dims)}`);
  const dims = repeats.flatMap((n, axis) => [n, tensor.dims[axis]]);
  flow.reserve(checkDims(flow, dims));
  const strides = stridesOf(tensor.dims).flatMap((stride) => [0, stride]);
  return { ...strided(tensor, dims, strides), dims: tensor.dims.map((n, axis) => n * repeats[axis]) };
}

/** Combines the values along axes, in order. */
export function foldAlong(
  flow: Flow,
  tensor: Tensor,
  axes: readonly number[],
  keepsAxes: boolean,
  combine: (values: Float64Array) => number,
): Tensor {
  const kept = tensor.dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  flow.reserve(tensor.data.length);
  const rows = transposed(tensor, [...kept, ...axes]);
  const length = sizeOf(axes.map((axis) => tensor.dims[axis]));
  const count = sizeOf(kept.map((axis) => tensor.dims[axis]));
  const data = empty(tensor.type, count);
  for (let i = 0; i < count; i++)
    data[i] = combine(Float64Array.from(rows.data.subarray(i * length, (i + 1) * length)));
  const dims = keepsAxes
    ? tensor.dims.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : kept.map((axis) => tensor.dims[axis]);
  return { ...tensor, dims, data };
}

/** Constant values around a tensor. */
export function foldPad(
  flow: Flow,
  tensor: Tensor,
  pads: readonly (readonly [number, number])[],
  value: number,
): Tensor {
  const dims = tensor.dims.map((n, axis) => n + pads[axis][0] + pads[axis][1]);
  const padded = filled(flow, dims, value, tensor.type);
  const strides = stridesOf(dims);
  const index = new Array<number>(dims.length).fill(0);
  for (let i = 0; i < tensor.data.length; i++) {
    let at = 0;
    let inside = true;
    for (let axis = 0; axis < dims.length; axis++) {
      const place = index[axis] + pads[axis][0];
      inside &&= place >= 0 && place < dims[axis];
      at += place * strides[axis];
    }
    if (inside) padded.data[at] = tensor.data[i];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (++index[axis] < tensor.dims[axis]) break;
      index[axis] = 0;
    }
  }
  return padded;
}

/** Product of matrices, leading axes broadcast. */
export function foldMatMul(flow: Flow, a: Tensor, b: Tensor): Tensor {
  const [left, right] = [padRank(a.dims, 2), padRank(b.dims, 2)];
  const [m, k] = left.slice(-2);
  const [k2, n] = right.slice(-2);
  const lead = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  if (k !== k2 || lead === undefined)
    return flow.reject(
      `shapes are ${valueText(a.dims)} and ${valueText(b.dims)}, expected matrices that fit`,
    );
  // Products take time, not memory: many are one value made.
  flow.reserve(sizeOf(lead) * m * (k + n + (k * n) / 64));
  const x = broadcastTo({ ...a, dims: left }, [...lead, m, k]).data;
  const y = broadcastTo({ ...b, dims: right }, [...lead, k, n]).data;
  const dims = [...lead, m, n];
  const data = empty(a.type, sizeOf(dims));
  for (let l = 0; l < sizeOf(lead); l++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += x[(l * m + i) * k + p] * y[(l * k + p) * n + j];
        data[(l * m + i) * n + j] = sum;
      }
  return { kind: "tensor", type: a.type, dims, data };
}

/** Each row of axis 1 to mean 0 and variance 1 over all others, then its factor and offset. */
export function foldStandardisation(
  flow: Flow,
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  const [count, channels = 0] = x.dims;
  if (scale.data.length !== channels || bias.data.length !== channels)
    flow.reject(
      `scale and bias have shapes ${valueText([scale.dims, bias.dims])}, expected ${channels} values`,
    );
  flow.reserve(x.data.length);
  const inner = sizeOf(x.dims.slice(2));
  const size = count * inner;
  const data = empty(x.type, x.data.length);
  const each = (c: number, apply: (at: number) => void): void => {
    for (let n = 0; n < count; n++) for (let i = 0; i < inner; i++) apply((n * channels + c) * inner + i);
  };
  for (let c = 0; c < channels; c++) {
    let [mean, variance] = [0, 0];
    each(c, (at) => {
      mean += x.data[at] / size;
    });
    each(c, (at) => {
      variance += (x.data[at] - mean) ** 2 / size;
    });
    const factor = scale.data[c] / Math.sqrt(variance + epsilon);
    each(c, (at) => {
      data[at] = (x.data[at] - mean) * factor + bias.data[c];
    });
  }
  return { ...x, data };
}
