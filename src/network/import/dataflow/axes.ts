/** Operations that rename, split and join axes. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import { type Activation, shapeIn } from "./activation.js";
import type { Flow } from "./flow.js";
import type { Dims } from "./tensor.js";

/** Axis of a tensor of `rank` axes, counted from the end where negative. */
export function axisOf(flow: Flow, axis: number, rank: number): number {
  const from = axis < 0 ? axis + rank : axis;
  return Number.isInteger(from) && from >= 0 && from < rank
    ? from
    : flow.reject(`axis is ${axis}, expected one of a tensor with ${rank} axes`);
}

/** Every axis once. */
export function axesOf(flow: Flow, axes: readonly number[], rank: number): number[] {
  const resolved = axes.map((axis) => axisOf(flow, axis, rank));
  return new Set(resolved).size === resolved.length
    ? resolved
    : flow.reject(`axes are ${valueText(axes)}, expected each once`);
}

/** @throws ModelError where perm does not name each axis once */
export function checkPerm(flow: Flow, perm: readonly number[], rank: number): void {
  if (perm.length !== rank || !perm.every((_, axis) => perm.includes(axis)))
    flow.reject(`perm is ${valueText(perm)}, expected each of ${rank} axes once`);
}

/** Output axis `a` is input axis `perm[a]`. Nothing moves. */
export function transpose(flow: Flow, x: Activation, perm: readonly number[]): Activation {
  checkPerm(flow, perm, x.dims.length);
  return {
    ...x,
    dims: perm.map((axis) => x.dims[axis]),
    batch: perm.indexOf(x.batch),
    order: x.order.map((axis) => perm.indexOf(axis)),
  };
}

/** Adds axes of length 1 at these places of the result. */
export function unsqueeze(x: Activation, axes: readonly number[]): Activation {
  const rank = x.dims.length + axes.length;
  const old = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  const dims = new Array<number>(rank).fill(1);
  old.forEach((axis, i) => {
    dims[axis] = x.dims[i];
  });
  return { ...x, dims, batch: old[x.batch] ?? -1, order: x.order.map((axis) => old[axis]) };
}

/** Removes axes of length 1. */
export function squeeze(flow: Flow, x: Activation, axes: readonly number[]): Activation {
  if (axes.includes(x.batch)) flow.mixesImages("it removes");
  const long = axes.find((axis) => x.dims[axis] !== 1);
  if (long !== undefined) flow.reject(`axis ${long} has length ${x.dims[long]}, expected 1`);
  const kept = x.dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const bare = flow.arrange(
    x,
    x.order.filter((axis) => !axes.includes(axis)),
  );
  return {
    ...bare,
    dims: kept.map((axis) => x.dims[axis]),
    batch: kept.indexOf(x.batch),
    order: bare.order.map((axis) => kept.indexOf(axis)),
  };
}

/** Leading axes of length 1, up to `rank` of them in all. */
export function withRank(x: Activation, rank: number): Activation {
  const missing = rank - x.dims.length;
  return missing <= 0
    ? x
    : unsqueeze(
        x,
        Array.from({ length: missing }, (_, axis) => axis),
      );
}

/**
 * Row-major reinterpretation. Axes that are split or kept stay where they lie; those that are joined are moved together
 * first, unless they are.
 *
 * @param dims lengths at batch 1, without placeholders
 * @param images where they lie in the result, if that is known; else as {@link placeAfter} has it
 * @throws UnsupportedOperatorError where images cannot be told apart in the result
 */
export function reshape(flow: Flow, x: Activation, dims: Dims, images?: Place): Activation {
  if (sizeOf(dims) !== sizeOf(x.dims))
    flow.reject(`shape is ${valueText(dims)}, expected the ${sizeOf(x.dims)} values of ${valueText(x.dims)}`);
  const place = images ?? placeAfter(x, dims);
  if (place === undefined) return flow.mixesImages(`a reshape to ${valueText(dims)} takes apart`);
  const blocks = blocksOf(x.dims, dims);
  const blockOf = new Map(blocks.flatMap((block) => block.from.map((axis) => [axis, block] as const)));
  // Each block where its first axis lies, all of its axes together and in order.
  const placed = x.order
    .filter((axis) => x.dims[axis] !== 1)
    .map((axis) => blockOf.get(axis)!)
    .filter((block, i, all) => all.indexOf(block) === i);
  const moved = flow.arrange(
    x,
    placed.flatMap(({ from }) => from.filter((axis) => x.dims[axis] !== 1)),
  );
  const order = placed.flatMap(({ to }) => to.filter((axis) => dims[axis] !== 1));
  return { ...moved, dims, ...place, order, value: flow.reshape(moved.value, shapeIn(dims, order)) };
}

/** Where images lie: on which axis, and how many of its values lie before the image's number. */
export type Place = Pick<Activation, "batch" | "outer">;

/** Number of values of one image before the image's number, row-major. */
function before({ dims, batch, outer = 1 }: Activation): number {
  return sizeOf(dims.slice(0, batch)) * outer;
}

/**
 * The place of images once x is read so: as much lies before their number as did. At the border of two axes that is an axis of
 * length 1, else the axis after it, or the one before it where the number was the innermost of its axis already.
 */
function placeAfter(x: Activation, dims: Dims): Place | undefined {
  if (x.batch < 0) return { batch: -1, outer: undefined };
  const wanted = before(x);
  const isInnermost = (x.outer ?? 1) > 1 && x.outer === x.dims[x.batch];
  let product = 1;
  let found: Place | undefined;
  for (const [axis, n] of dims.entries()) {
    const outer = wanted / product;
    if (outer === 1) {
      if (n === 1 || !found || !isInnermost) return { batch: axis, outer: undefined };
    } else if (Number.isInteger(outer) && n % outer === 0 && !found) found = { batch: axis, outer };
    product *= n;
    if (product > wanted) break;
  }
  return found;
}

/**
 * The same where the file says the lengths for several images.
 *
 * @param dims lengths of the result for `images` images, as many values as x then has
 * @returns its lengths for one image, and where images lie; undefined where they would be taken apart
 */
export function placeImages(
  x: Activation,
  dims: Dims,
  images: number,
): { readonly dims: Dims; readonly place: Place } | undefined {
  const wanted = before(x);
  let product = 1;
  for (const [axis, n] of dims.entries()) {
    const outer = wanted / product;
    if (Number.isInteger(outer) && n % (outer * images) === 0) {
      const one = dims.map((length, a) => (a === axis ? length / images : length));
      return { dims: one, place: { batch: axis, outer: outer === 1 ? undefined : outer } };
    }
    product *= n;
  }
  return undefined;
}

/**
 * A reshape to lengths that the file says for `images` images, -1 standing for what is left.
 *
 * @returns undefined where they are no lengths for so many
 * @throws UnsupportedOperatorError where images cannot be told apart in the result
 */
export function reshapeAt(flow: Flow, x: Activation, target: Dims, images: number): Activation | undefined {
  const size = sizeOf(x.dims) * images;
  const known = sizeOf(target.filter((n) => n !== -1));
  const dims = target.map((n) => (n === -1 ? size / known : n));
  if (sizeOf(dims) !== size || !dims.every((n) => Number.isSafeInteger(n) && n > 0)) return undefined;
  const found = placeImages(x, dims, images);
  if (found === undefined) return flow.mixesImages(`a reshape to ${valueText(dims)} takes apart`);
  return reshape(flow, x, found.dims, found.place);
}

/** Axes that become other axes with the same values. */
interface Block {
  readonly from: number[];
  readonly to: number[];
}

/** The finest division of both shapes, of equal size, into parts of equal size. */
function blocksOf(from: Dims, to: Dims): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const block: Block = { from: [], to: [] };
    let [left, right] = [1, 1];
    const take = (side: "from" | "to") => {
      if (side === "from") {
        left *= from[i];
        block.from.push(i++);
      } else {
        right *= to[j];
        block.to.push(j++);
      }
    };
    if (i < from.length) take("from");
    if (j < to.length) take("to");
    while (left !== right) take(left < right ? "from" : "to");
    blocks.push(block);
  }
  return blocks;
}
