/** Reductions along axes, and what is computed along one axis. */

import { sizeOf } from "../../spec.js";
import type { Value } from "../graph_builder.js";
import { type Activation, shapeIn } from "./activation.js";
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
    const order = x.order.filter((axis) => x.dims[axis] !== 1);
    const kept = order.filter((axis) => !axes.includes(axis));
    const taken = order.filter((axis) => long.includes(axis));
    const value = neighbours(flow, x, order, taken, reduction) ?? pooled(flow, x, taken, kept, reduction);
    const shape = kept.length === 0 ? [1] : kept.map((axis) => x.dims[axis]);
    reduced = { ...x, dims, order: kept, value: flow.reshape(value, shape) };
  }
  return keepsAxes ? reduced : squeeze(flow, reduced, axes);
}

const REDUCTIONS = { mean: "ReduceMean", sum: "ReduceSum", max: "ReduceMax" } as const;

/** Reduces the axes where they lie, if they lie side by side: nothing moves. */
function neighbours(
  flow: Flow,
  x: Activation,
  order: readonly number[],
  taken: readonly number[],
  reduction: Reduction,
): Value | undefined {
  const first = order.indexOf(taken[0]);
  if (taken.some((axis, i) => order[first + i] !== axis)) return undefined;
  // Leading axes are those of an image: pooled.
  if (first === 0 && reduction !== "sum") return undefined;
  const axes = taken.map((_, i) => first + i);
  return flow.add({ op: REDUCTIONS[reduction], axes }, [flow.reshape(x.value, shapeIn(x.dims, order))]);
}

/** Pools the image that has the axes as rows and columns and all others as channels. */
function pooled(
  flow: Flow,
  x: Activation,
  taken: readonly number[],
  kept: readonly number[],
  reduction: Reduction,
): Value {
  const rows = flow.arrange(x, [...taken, ...kept]);
  if (reduction === "sum") return flow.add({ op: "ReduceSum", axes: taken.map((_, i) => i) }, [rows.value]);
  const [count, channels] = [taken, kept].map((axes) => sizeOf(axes.map((axis) => x.dims[axis])));
  const [height, width] = taken.length === 2 ? taken.map((axis) => x.dims[axis]) : [count, 1];
  const image = flow.reshape(rows.value, [height, width, channels]);
  return flow.add({ op: reduction === "max" ? "GlobalMaxPool" : "GlobalAveragePool" }, [image]);
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
