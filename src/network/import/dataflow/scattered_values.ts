/** Values of an image that are taken from, or put at, places that a file knows: as tables of indices. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Value } from "../graph_builder.js";
import { type Activation, isActivation, longAxes, type Operand, shapeIn } from "./activation.js";
import { arithmetic } from "./arithmetic.js";
import type { Flow } from "./flow.js";
import { ofOneImage } from "./images.js";
import { type Dims, empty, reshaped, sliced, stridesOf, type Tensor } from "./tensor.js";

/** Values of one image row-major, as one axis. */
function flat(flow: Flow, x: Operand): Value {
  const size = sizeOf(x.dims);
  if (!isActivation(x)) return flow.constant(reshaped(x, [size]), [size]);
  return flow.reshape(flow.inOrder(x).value, [size]);
}

/** A table of places as a value of these lengths, of which one counts images. */
function shaped(
  flow: Flow,
  values: readonly Value[],
  table: number[],
  dims: Dims,
  like: Activation,
): Activation {
  const [first] = values;
  const all = values.length === 1 ? first : flow.add({ op: "Concat", axis: 0 }, values);
  const value = flow.add({ op: "Gather", axis: 0, indices: table }, [all]);
  const order = longAxes(dims);
  return { ...like, dims, order, value: flow.reshape(value, shapeIn(dims, order)) };
}

/** Where an index of an axis points. @throws ModelError for one beyond it */
function placeAt(flow: Flow, index: number, axis: number, length: number): number {
  const place = index < 0 ? index + length : index;
  if (!Number.isInteger(place) || place < 0 || place >= length)
    flow.reject(`index ${index} of axis ${axis}, which has ${length} values`);
  return place;
}

/** Indices of the first of the images that a file is fixed to, along the axis that counts them. */
function ofFirstImage(flow: Flow, indices: Tensor, axis: number, length: number): Tensor {
  if (axis < 0 || axis >= indices.dims.length || indices.dims[axis] !== length * flow.fixedBatch)
    return indices;
  const dims = indices.dims.map((n, a) => (a === axis ? length : n));
  return sliced(
    indices,
    dims.map(() => 0),
    dims.map(() => 1),
    dims,
  );
}

/** `y[i, j, ...] = x[indices[i, j, ...], j, ...]` where the axis is the first: as many values as there are indices. */
export function gatherElements(flow: Flow, x: Activation, given: Tensor, axis: number): Activation {
  if (axis === x.batch) flow.mixesImages("it takes values along");
  const indices = ofOneImage(flow, given, x);
  if (indices.dims.length !== x.dims.length || indices.dims[x.batch] !== x.dims[x.batch])
    flow.reject(`indices have shape ${valueText(given.dims)}, expected the axes of ${valueText(x.dims)}`);
  return shaped(flow, [flat(flow, x)], elementsOf(flow, indices, x.dims, axis), indices.dims, x);
}

/** What lies at `indices[..., k]`, the first k coordinates of a place; of a value of the image the batch axis is not among them. */
export function gatherNd(flow: Flow, x: Operand, indices: Tensor): Operand {
  const depth = indices.dims[indices.dims.length - 1] ?? 0;
  if (depth < 1 || depth > x.dims.length)
    flow.reject(`indices have shape ${valueText(indices.dims)}, expected places of ${valueText(x.dims)}`);
  const rest = x.dims.slice(depth);
  const inner = sizeOf(rest);
  const starts = rowsOf(flow, indices, x.dims);
  flow.reserve(starts.length * inner);
  const table = starts.flatMap((start) => Array.from({ length: inner }, (_, i) => start + i));
  const dims = [...indices.dims.slice(0, -1), ...rest];
  if (!isActivation(x)) {
    const data = empty(x.type, table.length);
    table.forEach((from, i) => {
      data[i] = x.data[from];
    });
    return { ...x, dims, data };
  }
  if (x.batch >= 0 && x.batch < depth) return flow.mixesImages("it takes values along");
  const batch = x.batch < 0 ? -1 : x.batch - depth + indices.dims.length - 1;
  return shaped(flow, [flat(flow, x)], table, dims, { ...x, batch });
}

/** Where, row-major, each index of a table of elements points. */
function elementsOf(flow: Flow, { dims, data }: Tensor, of: Dims, axis: number): number[] {
  if (dims.length !== of.length || dims.some((n, a) => a !== axis && n > of[a]))
    flow.reject(`indices have shape ${valueText(dims)}, expected lengths of at most ${valueText(of)}`);
  flow.reserve(data.length);
  const [own, strides] = [stridesOf(dims), stridesOf(of)];
  return Array.from(data, (index, i) => {
    const place = placeAt(flow, index, axis, of[axis]);
    return dims.reduce(
      (sum, n, a) => sum + (a === axis ? place : Math.floor(i / own[a]) % n) * strides[a],
      0,
    );
  });
}

/** The first coordinates of a place for each row of indices: where, row-major, what they name begins. */
function rowsOf(flow: Flow, { dims, data }: Tensor, of: Dims): number[] {
  const depth = dims[dims.length - 1];
  const strides = stridesOf(of);
  flow.reserve(data.length);
  return Array.from({ length: data.length / depth }, (_, row) => {
    let at = 0;
    for (let axis = 0; axis < depth; axis++)
      at += placeAt(flow, data[row * depth + axis], axis, of[axis]) * strides[axis];
    return at;
  });
}

/** What becomes of a value at a place: the update, or the sum of both. */
export type Scattering = "none" | "add";

/** A copy of `data` with `updates` at places; at least one of both depends on the image. */
function scattered(
  flow: Flow,
  data: Operand,
  updates: Operand,
  places: readonly number[],
  how: Scattering,
): Activation {
  const size = sizeOf(data.dims);
  const like = [data, updates].find(isActivation)!;
  const images = isActivation(data)
    ? data
    : { ...like, batch: imagesOf(flow, like, data.dims), outer: undefined };
  if (isActivation(updates) && updates.batch < 0 !== images.batch < 0) flow.mixesImages("it writes along");
  if (how === "add") {
    const order = longAxes(data.dims);
    const sums = flow.reshape(summed(flow, flat(flow, updates), places, size), shapeIn(data.dims, order));
    return arithmetic(flow, "Add", [data, { ...images, dims: data.dims, order, value: sums }]);
  }
  if (new Set(places).size < places.length)
    flow.warn(
      "it writes some places more than once, and which value stays is not defined: the last is taken",
    );
  flow.reserve(size);
  const table = Array.from({ length: size }, (_, i) => i);
  places.forEach((place, i) => {
    table[place] = size + i;
  });
  return shaped(flow, [flat(flow, data), flat(flow, updates)], table, data.dims, images);
}

/** Sums of the values that belong to each of `size` places: a product with a matrix of ones. */
function summed(flow: Flow, values: Value, places: readonly number[], size: number): Value {
  flow.reserve(size * places.length);
  const weights = new Float32Array(size * places.length);
  places.forEach((place, i) => {
    weights[i * size + place] = 1;
  });
  return flow.add({ op: "Gemm", weights, units: size }, [values]);
}

/** The axis along which a constant would have images that updates have on theirs. */
function imagesOf(flow: Flow, { batch, dims }: Activation, of: Dims): number {
  if (batch >= 0 && (of[batch] !== 1 || dims[batch] !== 1)) flow.mixesImages("it writes along");
  return batch;
}

/** Updates at `indices[..., k]`, the first k coordinates of a place. */
export function scatterNd(
  flow: Flow,
  given: Operand,
  indices: Tensor,
  updates: Operand,
  how: Scattering,
): Activation {
  const [data, places] = ofOne(flow, given, indices, updates);
  const depth = places.dims[places.dims.length - 1] ?? 0;
  const expected = [...places.dims.slice(0, -1), ...data.dims.slice(depth)];
  if (depth < 1 || depth > data.dims.length || expected.join() !== updates.dims.join())
    flow.reject(
      `updates have shape ${valueText(updates.dims)} for indices ${valueText(places.dims)} of ${valueText(data.dims)}, expected ${valueText(expected)}`,
    );
  const inner = sizeOf(data.dims.slice(depth));
  flow.reserve(sizeOf(updates.dims));
  const at = rowsOf(flow, places, data.dims).flatMap((start) =>
    Array.from({ length: inner }, (_, i) => start + i),
  );
  return scattered(flow, data, updates, at, how);
}

/** Updates at `indices` along one axis, at their own place along all others. */
export function scatterElements(
  flow: Flow,
  given: Operand,
  indices: Tensor,
  updates: Operand,
  axis: number,
  how: Scattering,
): Activation {
  if ([given, updates].some((one) => isActivation(one) && one.batch === axis))
    flow.mixesImages("it writes along");
  const [data, places] = ofOne(flow, given, indices, updates);
  if (places.dims.join() !== updates.dims.join())
    flow.reject(
      `updates have shape ${valueText(updates.dims)}, expected that of the indices, ${valueText(places.dims)}`,
    );
  return scattered(flow, data, updates, elementsOf(flow, places, data.dims, axis), how);
}

/** Data and indices for one image. */
function ofOne(
  flow: Flow,
  data: Operand,
  indices: Tensor,
  updates: Operand,
): [data: Operand, indices: Tensor] {
  const like = [data, updates].find(isActivation)!;
  const one = isActivation(data) ? data : ofOneImage(flow, data, like);
  const along = isActivation(updates) ? updates : like;
  return [one, ofFirstImage(flow, indices, along.batch, along.dims[along.batch])];
}
