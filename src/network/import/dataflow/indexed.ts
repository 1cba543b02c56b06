/** Constants that are made at given places, and sums along an axis so far. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import { arithmetic } from "./arithmetic.js";
import type { Flow } from "./flow.js";
import { filled } from "./folding.js";
import { dense } from "./layers.js";
import { take } from "./parts.js";
import { type Dims, empty, float32Tensor, stridesOf, type Tensor } from "./tensor.js";

export interface OneHot {
  /** Length of the new axis, and where it stands in the result. */
  readonly depth: number;
  readonly axis: number;
  readonly on: number;
  readonly off: number;
  readonly type: Tensor["type"];
  /** Whether negative indices count from the end. */
  readonly wraps: boolean;
}

/** `on` at the place that each index names along a new axis, `off` at all others; an index that names none leaves `off`. */
export function oneHot(flow: Flow, indices: Tensor, { depth, axis, on, off, type, wraps }: OneHot): Tensor {
  if (!Number.isSafeInteger(depth) || depth < 0) flow.reject(`depth is ${depth}, expected a whole number`);
  const dims = [...indices.dims.slice(0, axis), depth, ...indices.dims.slice(axis)];
  const made = filled(flow, dims, off, type);
  const inner = sizeOf(indices.dims.slice(axis));
  indices.data.forEach((index, i) => {
    const place = index < 0 && wraps ? index + depth : index;
    if (Number.isInteger(place) && place >= 0 && place < depth)
      made.data[(Math.floor(i / inner) * depth + place) * inner + (i % inner)] = on;
  });
  return made;
}

/**
 * A copy of a tensor with other values at given places.
 *
 * @param indices `[..., k]`: the first k coordinates of what each of them names
 * @param combine of the value that is there and the update
 */
export function scattered(
  flow: Flow,
  data: Tensor,
  indices: Tensor,
  updates: Tensor,
  combine: (there: number, update: number) => number,
): Tensor {
  const depth = indices.dims.at(-1) ?? 0;
  const expected = [...indices.dims.slice(0, -1), ...data.dims.slice(depth)];
  if (depth > data.dims.length || expected.join() !== updates.dims.join())
    flow.reject(
      `updates have shape ${valueText(updates.dims)} for indices ${valueText(indices.dims)} of ${valueText(data.dims)}, expected ${valueText(expected)}`,
    );
  flow.reserve(data.data.length);
  const made = { ...data, data: data.data.slice() };
  const strides = stridesOf(data.dims);
  const size = sizeOf(data.dims.slice(depth));
  const rows = depth === 0 ? sizeOf(indices.dims.slice(0, -1)) : indices.data.length / depth;
  for (let row = 0; row < rows; row++) {
    let at = 0;
    for (let axis = 0; axis < depth; axis++) {
      const index = indices.data[row * depth + axis];
      const place = index < 0 ? index + data.dims[axis] : index;
      if (!Number.isInteger(place) || place < 0 || place >= data.dims[axis])
        flow.reject(`index ${index} of axis ${axis}, which has ${data.dims[axis]} values`);
      at += place * strides[axis];
    }
    for (let i = 0; i < size; i++)
      made.data[at + i] = combine(made.data[at + i], updates.data[row * size + i]);
  }
  return made;
}

export interface Accumulation {
  /** Without the value itself. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** Sums of a constant along an axis up to each value. */
export function foldCumulativeSum(
  flow: Flow,
  x: Tensor,
  axis: number,
  { exclusive, reverse }: Accumulation,
): Tensor {
  flow.reserve(x.data.length);
  const length = x.dims[axis];
  const inner = sizeOf(x.dims.slice(axis + 1));
  const data = empty(x.type, x.data.length);
  for (let outer = 0; outer < sizeOf(x.dims.slice(0, axis)); outer++)
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let step = 0; step < length; step++) {
        const place = reverse ? length - 1 - step : step;
        const at = (outer * length + place) * inner + i;
        if (exclusive) data[at] = sum;
        sum += x.data[at];
        if (!exclusive) data[at] = sum;
      }
    }
  return { ...x, data };
}

/** Sums of a value along an axis up to each place: the product with a triangle of ones. */
export function cumulativeSum(
  flow: Flow,
  x: Activation,
  axis: number,
  { exclusive, reverse }: Accumulation,
): Activation {
  const length = x.dims[axis];
  flow.reserve(length ** 2);
  const triangle = new Float32Array(length ** 2);
  for (let from = 0; from < length; from++)
    for (let to = 0; to < length; to++) {
      const distance = reverse ? from - to : to - from;
      triangle[from * length + to] = Number(exclusive ? distance > 0 : distance >= 0);
    }
  return dense(flow, x, axis, float32Tensor([length, length], triangle));
}

/** The product of a value's elements along axes, which stay with length 1: halves are multiplied until one is left. */
export function product(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  return axes.reduce((value, axis) => {
    if (axis === value.batch) flow.mixesImages("it multiplies along");
    return productAlong(flow, value, axis);
  }, x);
}

function productAlong(flow: Flow, x: Activation, axis: number): Activation {
  const length = x.dims[axis];
  if (length <= 1) return x;
  const half = Math.floor(length / 2);
  const part = (start: number, count: number) => take(flow, x, { axis, start, step: 1, count });
  const halves = arithmetic(flow, "Mul", [part(0, half), part(half, half)]);
  const rest = productAlong(flow, halves, axis);
  return length % 2 === 0 ? rest : arithmetic(flow, "Mul", [rest, part(length - 1, 1)]);
}

/** Where the new axis of {@link oneHot} may stand. */
export function newAxis(flow: Flow, axis: number, dims: Dims): number {
  const place = axis < 0 ? axis + dims.length + 1 : axis;
  if (!Number.isInteger(place) || place < 0 || place > dims.length)
    flow.reject(`axis is ${axis}, expected one of ${dims.length + 1} places`);
  return place;
}
