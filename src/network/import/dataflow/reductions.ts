/** Reductions along axes, and what is computed along one axis. */

import { sizeOf } from "../../spec.js";
import type { Activation } from "./activation.js";
import { scaled } from "./arithmetic.js";
import { squeeze } from "./axes.js";
import type { Flow } from "./flow.js";
import { lastOf } from "./layers.js";

export type Reduction = "mean" | "sum" | "max";

/** Mean, sum or largest of the values along axes. */
export function reduce(
  flow: Flow,
  x: Activation,
  axes: readonly number[],
  reduction: Reduction,
  keepsAxes: boolean,
): Activation {
  if (axes.includes(x.batch)) flow.mixesImages("it reduces");
  const long = axes.filter((axis) => x.dims[axis] !== 1);
  const dims = x.dims.map((n, axis) => (axes.includes(axis) ? 1 : n));
  let reduced: Activation = { ...x, dims };
  if (long.length > 0) {
    // Spatial axes first, then the rest as channels.
    const kept = x.order.filter((axis) => !axes.includes(axis) && x.dims[axis] !== 1);
    const taken = x.order.filter((axis) => long.includes(axis));
    const rows = flow.arrange(x, [...taken, ...kept]);
    const count = sizeOf(taken.map((axis) => x.dims[axis]));
    const channels = sizeOf(kept.map((axis) => x.dims[axis]));
    const [height, width] = taken.length === 2 ? taken.map((axis) => x.dims[axis]) : [count, 1];
    const image = flow.reshape(rows.value, [height, width, channels]);
    const op = reduction === "max" ? "GlobalMaxPool" : "GlobalAveragePool";
    const pooled = flow.add({ op }, [image]);
    const shape = kept.length === 0 ? [1] : kept.map((axis) => x.dims[axis]);
    reduced = { ...x, dims, order: kept, value: flow.reshape(pooled, shape) };
    if (reduction === "sum") reduced = scaled(flow, reduced, count);
  }
  return keepsAxes ? reduced : squeeze(flow, reduced, axes);
}

/** Softmax along one axis, or its logarithm. */
export function softmax(
  flow: Flow,
  x: Activation,
  axis: number,
  op: "Softmax" | "LogSoftmax" = "Softmax",
): Activation {
  if (axis === x.batch) flow.mixesImages("it normalises along");
  if (x.dims[axis] === 1) flow.unsupported("over one value");
  return flow.map({ op }, lastOf(flow, x, axis));
}
