/** Values of a graph that do not depend on the image, and arithmetic on them: an importer runs it once. */

import { sizeOf } from "../../spec.js";

/** Shape of a whole tensor, the batch axis included. */
export type Dims = readonly number[];

/** Row-major values. Integers and booleans are float64: exact to 2^53, and 2^63 - 1 stays an end beyond every axis. */
export interface Tensor {
  readonly kind: "tensor";
  readonly type: "float" | "integer" | "boolean";
  readonly dims: Dims;
  readonly data: Float32Array | Float64Array;
  /** What it would be for {@link SEVERAL} images, where the file leaves open how many there are and that makes a difference. */
  readonly several?: Tensor;
}

/** Any number but 1 tells axes apart that count images. */
export const SEVERAL = 2;

/** Weights of the largest classifier have fewer values, and 32-bit memory no more. */
export const LARGEST_CONSTANT = 2 ** 29;

export function float32Tensor(dims: Dims, data: Float32Array): Tensor {
  return { kind: "tensor", type: "float", dims, data };
}

export function integers(values: readonly number[], dims: Dims = [values.length]): Tensor {
  return { kind: "tensor", type: "integer", dims, data: Float64Array.from(values) };
}

export function scalar(value: number): Tensor {
  return float32Tensor([], Float32Array.of(value));
}

/** The same values under another shape of as many. */
export function reshaped(tensor: Tensor, dims: Dims): Tensor {
  return { ...tensor, dims };
}

/** Values of a kind, empty. */
export function empty(type: Tensor["type"], size: number): Float32Array | Float64Array {
  return type === "float" ? new Float32Array(size) : new Float64Array(size);
}

/** Distance of neighbours on each axis, row-major. */
export function stridesOf(dims: Dims): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return strides;
}

/** `dims` with as many axes as `rank`: the missing ones have length 1 and come first. */
export function padRank(dims: Dims, rank: number): number[] {
  return [...new Array<number>(Math.max(0, rank - dims.length)).fill(1), ...dims];
}

/** NumPy's rule, or undefined where the shapes do not fit. */
export function broadcastDims(a: Dims, b: Dims): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const [left, right] = [padRank(a, rank), padRank(b, rank)];
  const fits = left.every((n, axis) => n === right[axis] || n === 1 || right[axis] === 1);
  return fits ? left.map((n, axis) => (n === 1 ? right[axis] : n)) : undefined;
}

/**
 * Reads a tensor along strides: value `i` of the result, row-major over `dims`, is
 * `data[offset + sum(index[axis] * strides[axis])]`.
 */
export function strided(tensor: Tensor, dims: Dims, strides: readonly number[], offset = 0): Tensor {
  const size = sizeOf(dims);
  const data = empty(tensor.type, size);
  const index = new Array<number>(dims.length).fill(0);
  let at = offset;
  for (let i = 0; i < size; i++) {
    data[i] = tensor.data[at];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < dims[axis]) break;
      at -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return { ...tensor, dims, data };
}

/** Repeats axes of length 1 up to `dims`; the shapes must broadcast. */
export function broadcastTo(tensor: Tensor, dims: Dims): Tensor {
  const own = padRank(tensor.dims, dims.length);
  if (own.length === tensor.dims.length && own.every((n, axis) => n === dims[axis])) return tensor;
  const strides = stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride));
  return strided(tensor, dims, strides);
}

/** Output axis `a` is input axis `perm[a]`. */
export function transposed(tensor: Tensor, perm: readonly number[]): Tensor {
  if (perm.every((from, axis) => from === axis)) return tensor;
  const strides = stridesOf(tensor.dims);
  return strided(
    tensor,
    perm.map((axis) => tensor.dims[axis]),
    perm.map((axis) => strides[axis]),
  );
}

/** Every `steps[axis]`-th value from `starts[axis]`, `dims[axis]` of them. */
export function sliced(
  tensor: Tensor,
  starts: readonly number[],
  steps: readonly number[],
  dims: Dims,
): Tensor {
  const strides = stridesOf(tensor.dims);
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);
  return strided(
    tensor,
    dims,
    strides.map((stride, axis) => stride * steps[axis]),
    offset,
  );
}

/** Values at `indices` along an axis; the shape of the indices takes the axis's place. */
export function gathered(tensor: Tensor, axis: number, indices: Tensor): Tensor {
  const outer = sizeOf(tensor.dims.slice(0, axis));
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const length = tensor.dims[axis];
  const count = indices.data.length;
  const data = empty(tensor.type, outer * count * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < count; i++) {
      const from = (o * length + (indices.data[i] < 0 ? indices.data[i] + length : indices.data[i])) * inner;
      data.set(tensor.data.subarray(from, from + inner), (o * count + i) * inner);
    }
  const dims = [...tensor.dims.slice(0, axis), ...indices.dims, ...tensor.dims.slice(axis + 1)];
  return { ...tensor, dims, data };
}

/** Joined along an axis; all other axes agree. */
export function concatenated(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  const length = tensors.reduce((sum, { dims }) => sum + dims[axis], 0);
  const dims = first.dims.map((n, a) => (a === axis ? length : n));
  const outer = sizeOf(dims.slice(0, axis));
  const inner = sizeOf(dims.slice(axis + 1));
  const data = empty(first.type, sizeOf(dims));
  let offset = 0;
  for (const tensor of tensors) {
    const rows = tensor.dims[axis] * inner;
    for (let o = 0; o < outer; o++)
      data.set(tensor.data.subarray(o * rows, (o + 1) * rows), o * length * inner + offset);
    offset += rows;
  }
  return { ...first, dims, data };
}
