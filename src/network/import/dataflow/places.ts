/** Operations that take values one by one, or several times. */

import type { Activation } from "./activation.js";
import { reshape, squeeze } from "./axes.js";
import type { Flow } from "./flow.js";
import { concat, replaced, take, withAxis } from "./parts.js";
import { type Dims, sliced, type Tensor } from "./tensor.js";

/** More values of an axis than a classifier repeats. */
const MOST_PARTS = 2 ** 16;

/** Before there are lists of so many. */
export function checkParts(flow: Flow, count: number): void {
  if (!(count <= MOST_PARTS)) flow.unsupported(`of ${count} separate parts`);
}

/** Values at these places of an axis, in this order. */
export function takeEach(flow: Flow, x: Activation, axis: number, places: readonly number[]): Activation {
  if (axis === x.batch) flow.mixesImages("it takes values along");
  const parts: { start: number; step: number; count: number }[] = [];
  for (const place of places) {
    const last = parts[parts.length - 1];
    const step = last ? place - (last.start + (last.count - 1) * last.step) : 0;
    if (last && step !== 0 && (last.count === 1 || step === last.step)) {
      last.count++;
      last.step = step;
    } else parts.push({ start: place, step: 1, count: 1 });
  }
  if (parts.length === 0) flow.unsupported("a part without values");
  if (parts.length > FEW_PARTS) return takeAll(flow, x, axis, places);
  const taken = parts.map((part) => take(flow, x, { axis, ...part }));
  return taken.length === 1 ? taken[0] : concat(flow, taken, axis);
}

/** Parts that are cheaper taken one by one than by an index each. */
const FEW_PARTS = 8;

function takeAll(flow: Flow, x: Activation, axis: number, places: readonly number[]): Activation {
  const present = withAxis(flow, x, axis);
  flow.reserve(places.length);
  const value = flow.add({ op: "Gather", axis: present.order.indexOf(axis), indices: places }, [
    present.value,
  ]);
  return { ...present, dims: replaced(x.dims, axis, places.length), value };
}

/** Values at constant indices; the shape of the indices takes the axis's place. */
export function gather(flow: Flow, x: Activation, axis: number, indices: Tensor): Activation {
  const length = x.dims[axis];
  if (axis === x.batch) flow.mixesImages("it takes values along");
  const places = Array.from(indices.data, (at) => (at < 0 ? at + length : at));
  const wrong = places.find((at) => !Number.isInteger(at) || at < 0 || at >= length);
  if (wrong !== undefined) flow.reject(`index ${wrong} of axis ${axis}, which has ${length} values`);
  const taken = takeEach(flow, x, axis, places);
  if (indices.dims.length === 0) return squeeze(flow, taken, [axis]);
  if (indices.dims.length === 1) return taken;
  return reshape(flow, taken, [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)]);
}

/**
 * Values at constant indices of the axis along which images lie, where each image's indices are of its own values, as where a graph
 * computes addresses for a whole batch (`as_strided`).
 *
 * @param indices for `images` images
 */
export function gatherOfEach(flow: Flow, x: Activation, indices: Tensor, images: number): Activation {
  const { batch, dims } = x;
  const found = (x.outer ?? 1) === 1 ? ownIndices(indices, dims[batch], images) : undefined;
  if (!found) return flow.mixesImages("it takes values along");
  const [before, after] = [dims.slice(0, batch), dims.slice(batch + 1)];
  const apart = reshape(flow, x, [...before, 1, ...dims.slice(batch)], { batch, outer: undefined });
  const taken = gather(flow, apart, batch + 1, found.one);
  const place = { batch: batch + found.axis, outer: undefined };
  return reshape(flow, taken, [...before, ...found.one.dims, ...after], place);
}

/** Indices of the first image, and the axis along which those of others follow, each further by what an image has. */
function ownIndices(
  indices: Tensor,
  length: number,
  images: number,
): { readonly one: Tensor; readonly axis: number } | undefined {
  const axis = indices.dims.findIndex((n) => n % images === 0 && n > 0);
  if (axis < 0) return undefined;
  const dims = indices.dims.map((n, a) => (a === axis ? n / images : n));
  const steps = dims.map(() => 1);
  const [one, ...others] = Array.from({ length: images }, (_, image) =>
    sliced(
      indices,
      dims.map((n, a) => (a === axis ? image * n : 0)),
      steps,
      dims,
    ),
  );
  const follow = others.every(({ data }, i) => data.every((at, j) => at === one.data[j] + (i + 1) * length));
  return follow ? { one, axis } : undefined;
}

/** A value several times along an axis. */
export function repeat(flow: Flow, x: Activation, axis: number, times: number): Activation {
  checkParts(flow, times);
  return times === 1 ? x : concat(flow, new Array<Activation>(times).fill(x), axis);
}

/** Repeats axes of length 1 along which every image has the same. */
export function expand(flow: Flow, x: Activation, dims: Dims): Activation {
  if (dims[x.batch] !== x.dims[x.batch]) flow.mixesImages("it repeats");
  return dims.reduce((grown, n, axis) => {
    if (n === grown.dims[axis]) return grown;
    checkParts(flow, n);
    return takeEach(flow, grown, axis, new Array<number>(n).fill(0));
  }, x);
}

/** A list of numbers from a constant, as attributes have it. */
export function listOf(tensor: Tensor): number[] {
  return Array.from(tensor.data);
}
