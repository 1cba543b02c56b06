/** Operations that take parts of values and put parts together. */

import { valueText } from "../failure.js";
import { type Activation, besideEachOther, isActivation, type Operand, shapeIn } from "./activation.js";
import type { Flow } from "./flow.js";
import { ofOneImage } from "./images.js";
import { type Dims, transposed } from "./tensor.js";

/** A part of an axis: `count` values from `start`, every `step`-th. */
export interface Part {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

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

/** Values joined along an axis. At least one depends on the image; constants are the same for every image. */
export function concat(flow: Flow, given: readonly Operand[], axis: number): Activation {
  const leader = given.find(isActivation)!;
  const rank = leader.dims.length;
  const operands = given.map((one) => (isActivation(one) ? one : ofOneImage(flow, one, leader)));
  for (const { dims } of operands)
    if (dims.length !== rank || dims.some((n, a) => a !== axis && n !== leader.dims[a]))
      flow.reject(
        `shapes are ${operands.map((one) => valueText(one.dims)).join(", ")}, expected shapes that differ on axis ${axis} only`,
      );
  const isAside = (one: Operand) => isActivation(one) && !besideEachOther(one, leader);
  if (axis === leader.batch || operands.some(isAside)) flow.mixesImages("it joins along");
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
export function withAxis(flow: Flow, x: Activation, axis: number, move = true): Activation {
  if (x.order.includes(axis)) return x;
  const order = [...x.order, axis];
  return move ? flow.arrange(x, order) : { ...x, order };
}

export function replaced(dims: Dims, axis: number, length: number): number[] {
  return dims.map((n, a) => (a === axis ? length : n));
}
