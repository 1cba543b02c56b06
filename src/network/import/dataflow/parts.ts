/** Operations that take parts of values and put parts together. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import { type Activation, isActivation, type Operand, shapeIn } from "./activation.js";
import { reshape, squeeze } from "./axes.js";
import type { Flow } from "./flow.js";
import { type Dims, type Tensor, transposed } from "./tensor.js";

/** A part of an axis: `count` values from `start`, every `step`-th. */
export interface Part {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** More parts than that would be a network of their own. */
const MOST_PARTS = 4096;

/**
 * What `start:end:step` takes of an axis: ends beyond it are cut, negative ones count from its end, as in NumPy.
 */
export function partOf(
  flow: Flow,
  length: number,
  axis: number,
  start: number,
  end: number,
  step: number,
): Part {
  if (!Number.isInteger(step) || step === 0) flow.reject(`step is ${step}, expected an integer other than 0`);
  const bound = (at: number, least: number, most: number) =>
    Math.min(Math.max(at < 0 ? at + length : at, least), most);
  const [from, to] =
    step > 0
      ? [bound(start, 0, length), bound(end, 0, length)]
      : [bound(start, -1, length - 1), bound(end, -1, length - 1)];
  return { axis, start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** Takes a part of an axis of a value that depends on the image. */
export function take(flow: Flow, x: Activation, { axis, start, step, count }: Part): Activation {
  const length = x.dims[axis];
  if (start === 0 && step === 1 && count === length) return x;
  if (axis === x.batch) flow.mixesImages("it takes a part of");
  if (count === 0) flow.unsupported("a part without values");
  return run(flow, x, { axis, start, step, count });
}

/** `count` values from `start`, every `step`-th, forwards or backwards. */
function run(flow: Flow, x: Activation, { axis, start, step, count }: Part): Activation {
  const present = withAxis(flow, x, axis);
  const last = start + (count - 1) * step;
  const each = <T>(here: T, elsewhere: (a: number) => T): T[] =>
    present.order.map((a) => (a === axis ? here : elsewhere(a)));
  const starts = each(start, () => 0);
  const ends = each(step < 0 ? last - 1 : last + 1, (a) => x.dims[a]);
  const steps = step === 1 || count === 1 ? undefined : each(step, () => 1);
  // One value lies alone, whichever way it is come to.
  if (count === 1) ends[present.order.indexOf(axis)] = start + 1;
  const value = flow.add({ op: "Slice", starts, ends, ...(steps && { steps }) }, [present.value]);
  return { ...present, dims: replaced(x.dims, axis, count), value };
}

/** Before there are lists of so many. */
function checkParts(flow: Flow, count: number): void {
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
  checkParts(flow, parts.length);
  const taken = parts.map((part) => take(flow, x, { axis, ...part }));
  return taken.length === 1 ? taken[0] : concat(flow, taken, axis);
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

/** Values joined along an axis. At least one depends on the image; constants are the same for every image. */
export function concat(flow: Flow, operands: readonly Operand[], axis: number): Activation {
  const leader = operands.find(isActivation)!;
  const rank = leader.dims.length;
  for (const { dims } of operands)
    if (dims.length !== rank || dims.some((n, a) => a !== axis && n !== leader.dims[a]))
      flow.reject(
        `shapes are ${operands.map((one) => valueText(one.dims)).join(", ")}, expected shapes that differ on axis ${axis} only`,
      );
  if (axis === leader.batch || operands.some((one) => isActivation(one) && one.batch !== leader.batch))
    flow.mixesImages("it joins along");
  const { order } = withAxis(flow, leader, axis, false);
  const values = operands.map((operand) => {
    if (isActivation(operand)) return flow.arrange(operand, order).value;
    const rest = operand.dims.map((_, a) => a).filter((a) => !order.includes(a));
    return flow.constant(transposed(operand, [...rest, ...order]), shapeIn(operand.dims, order));
  });
  const length = operands.reduce((sum, { dims }) => sum + dims[axis], 0);
  const value = flow.add({ op: "Concat", axis: order.indexOf(axis) }, values);
  return { ...leader, dims: replaced(leader.dims, axis, length), order, value };
}

/** An order in which the axis is written even where it has length 1. */
function withAxis(flow: Flow, x: Activation, axis: number, move = true): Activation {
  if (x.order.includes(axis)) return x;
  const order = [...x.order, axis];
  return move ? flow.arrange(x, order) : { ...x, order };
}

export function replaced(dims: Dims, axis: number, length: number): number[] {
  return dims.map((n, a) => (a === axis ? length : n));
}

/** What stands outside the borders; `symmetric` repeats the outermost value, `reflect` does not. */
export type Border = { readonly value: number } | "reflect" | "symmetric" | "edge";

/** Adds values before and after each axis; negative numbers crop. */
export function pad(
  flow: Flow,
  x: Activation,
  pads: readonly (readonly [number, number])[],
  border: Border,
): Activation {
  const long = pads.flatMap(([before, after], axis) => (before !== 0 || after !== 0 ? [axis] : []));
  if (long.includes(x.batch)) flow.mixesImages("it pads");
  const zeros = typeof border === "object" && border.value === 0;
  const [rows, columns] = x.order;
  const isImage = x.order.length === 3 && long.every((axis) => axis === rows || axis === columns);
  const grows = pads.every(([before, after]) => before >= 0 && after >= 0);
  if (zeros && isImage && grows && long.length > 0) {
    const [top, bottom] = pads[rows];
    const [left, right] = pads[columns];
    const dims = x.dims.map((n, axis) => n + pads[axis][0] + pads[axis][1]);
    return { ...x, dims, value: flow.add({ op: "Pad", pads: [top, left, bottom, right] }, [x.value]) };
  }
  const kept = crop(
    flow,
    x,
    pads.map(([before, after]) => [Math.max(0, -before), Math.max(0, -after)]),
  );
  return long.reduce(
    (padded, axis) =>
      padAxis(flow, padded, axis, [Math.max(0, pads[axis][0]), Math.max(0, pads[axis][1])], border),
    kept,
  );
}

/** Takes values off before and after each axis. */
function crop(flow: Flow, x: Activation, cuts: readonly (readonly [number, number])[]): Activation {
  const dims = x.dims.map((n, axis) => n - cuts[axis][0] - cuts[axis][1]);
  if (dims.some((n) => n < 1)) flow.unsupported("a part without values");
  if (dims.every((n, axis) => n === x.dims[axis])) return x;
  const starts = x.order.map((axis) => cuts[axis][0]);
  const ends = x.order.map((axis) => x.dims[axis] - cuts[axis][1]);
  return { ...x, dims, value: flow.add({ op: "Slice", starts, ends }, [x.value]) };
}

function padAxis(
  flow: Flow,
  x: Activation,
  axis: number,
  [head, tail]: readonly [number, number],
  border: Border,
): Activation {
  if (head === 0 && tail === 0) return x;
  if (typeof border === "object") {
    const fill = (count: number): Tensor[] => {
      if (count === 0) return [];
      const dims = replaced(x.dims, axis, count);
      flow.reserve(sizeOf(dims));
      return [
        { kind: "tensor", type: "float", dims, data: new Float32Array(sizeOf(dims)).fill(border.value) },
      ];
    };
    return concat(flow, [...fill(head), x, ...fill(tail)], axis);
  }
  return takeEach(flow, x, axis, placesAround(flow, x.dims[axis], head, tail, border));
}

/** Which of `length` values stands at each place of an axis with a border of `head` and `tail` more. */
export function placesAround(
  flow: Flow,
  length: number,
  head: number,
  tail: number,
  border: "reflect" | "symmetric" | "edge",
): number[] {
  const repeated = border === "symmetric" ? 1 : 0;
  if (border !== "edge" && Math.max(head, tail) >= length + repeated)
    flow.reject(`it mirrors ${Math.max(head, tail)} of ${length} values, expected fewer`);
  checkParts(flow, head + tail);
  return Array.from({ length: head + length + tail }, (_, i) => {
    const at = i - head;
    if (border === "edge") return Math.min(Math.max(at, 0), length - 1);
    return at < 0 ? -at - repeated : at >= length ? 2 * (length - 1) + repeated - at : at;
  });
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
