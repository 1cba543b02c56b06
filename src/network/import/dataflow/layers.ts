/** Layers of graphs that have weights or windows. */

import { type Pads, sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import type { Flow } from "./flow.js";
import { onEachPart } from "./several_parts.js";
import { broadcastTo, type Tensor, transposed } from "./tensor.js";
import {
  asImage,
  fromImage,
  type ImageAxes,
  type PlacedWindow,
  placeWindow,
  type SpatialWindow,
} from "./window.js";

export interface Convolution {
  readonly axes: ImageAxes;
  readonly window: SpatialWindow;
  readonly groups: number;
  /** `[spatial..., channels / groups, filters]`. */
  readonly weights: Tensor;
  readonly bias?: Tensor;
}

export function convolution(flow: Flow, x: Activation, conv: Convolution): Activation {
  return onEachPart(flow, x, conv.axes, (part) => convolutionOf(flow, part, conv));
}

function convolutionOf(flow: Flow, x: Activation, conv: Convolution): Activation {
  const image = asImage(flow, x, conv.axes);
  const { kernel, strides, dilations, pads } = placeWindow(flow, image, conv.window);
  const { weights, bias, groups } = conv;
  const filters = weights.dims[weights.dims.length - 1];
  const channels = image.value.shape[2];
  if (weights.dims[weights.dims.length - 2] * groups !== channels)
    flow.reject(
      `its weights are for ${weights.dims[weights.dims.length - 2]} channels in each of ${groups} groups, the input has ${channels}`,
    );
  const value = flow.add(
    {
      op: "Conv",
      weights: flow.weights(weights, "a weight"),
      ...(bias && { bias: vector(flow, bias, filters, "bias") }),
      filters,
      kernel,
      strides,
      dilations,
      pads,
      groups,
    },
    [image.value],
  );
  return fromImage(flow, x, conv.axes, value);
}

/** One value per channel. */
export function vector(flow: Flow, tensor: Tensor, length: number, what: string): Float32Array {
  if (sizeOf(tensor.dims) !== length)
    flow.reject(`${what} has shape ${valueText(tensor.dims)}, expected ${length} values`);
  return flow.weights(tensor, what);
}

export function maxPool(flow: Flow, x: Activation, axes: ImageAxes, window: SpatialWindow): Activation {
  return onEachPart(flow, x, axes, (part) => {
    const image = asImage(flow, part, axes);
    const pool = poolOf(placeWindow(flow, image, window));
    return fromImage(flow, part, axes, flow.add({ op: "MaxPool", ...pool }, [image.value]));
  });
}

/** @param countsPadding whether zeros of the padding count in the mean; those that `ceil` adds never do */
export function averagePool(
  flow: Flow,
  x: Activation,
  axes: ImageAxes,
  window: SpatialWindow,
  countsPadding: boolean,
): Activation {
  return onEachPart(flow, x, axes, (part) => {
    const image = asImage(flow, part, axes);
    const placed = placeWindow(flow, image, window);
    const { pads } = placed;
    const countedPads = countsPadding && pads.some((n) => n > 0) ? { countedPads: pads } : {};
    const value = flow.add({ op: "AveragePool", ...poolOf(placed), ...countedPads }, [image.value]);
    return fromImage(flow, part, axes, value);
  });
}

/** The window as pools have it, what `ceil` adds a part of the padding. */
function poolOf({ kernel, strides, dilations, pads: [top, left, bottom, right], extra }: PlacedWindow) {
  const isDilated = dilations.some((n) => n !== 1);
  const pads: Pads = [top, left, bottom + extra[0], right + extra[1]];
  return { kernel, strides, pads, ...(isDilated && { dilations }) };
}

/** `y = x W + b` on an axis; `weights` is `[inputs, units]`. The axis keeps its place. */
export function dense(flow: Flow, x: Activation, axis: number, weights: Tensor, bias?: Tensor): Activation {
  if (axis === x.batch) flow.mixesImages("it multiplies along");
  const [inputs, units] = weights.dims;
  if (x.dims[axis] !== inputs)
    flow.reject(
      `its weights are for ${inputs} inputs, axis ${axis} of ${valueText(x.dims)} has ${x.dims[axis]}`,
    );
  const order = [...x.order.filter((a) => a !== axis && x.dims[a] !== 1), axis];
  const rows = flow.arrange(x, order);
  const value = flow.add(
    {
      op: "Gemm",
      weights: flow.weights(weights, "a weight"),
      ...(bias && { bias: vector(flow, bias, units, "bias") }),
      units,
    },
    [rows.value],
  );
  const dims = x.dims.map((n, a) => (a === axis ? units : n));
  return { ...rows, dims, value };
}

/** Statistics of an axis, one value each. */
export interface Statistics {
  readonly scale: Tensor;
  readonly bias: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
}

export function batchNormalization(flow: Flow, x: Activation, axis: number, of: Statistics): Activation {
  if (axis === x.batch) flow.mixesImages("it normalises");
  const rows = lastOf(flow, x, axis);
  const length = x.dims[axis];
  return flow.map(
    {
      op: "BatchNormalization",
      scale: vector(flow, of.scale, length, "scale"),
      bias: vector(flow, of.bias, length, "bias"),
      mean: vector(flow, of.mean, length, "mean"),
      variance: vector(flow, of.variance, length, "variance"),
      epsilon: of.epsilon,
    },
    rows,
  );
}

/** With an axis innermost, where it is unless it has length 1 or lies elsewhere. */
export function lastOf(flow: Flow, x: Activation, axis: number): Activation {
  if (x.order[x.order.length - 1] === axis) return x;
  return flow.arrange(x, [...x.order.filter((a) => a !== axis), axis]);
}

/** `x > 0 ? x : slope x`, the slope broadcast to x. */
export function prelu(flow: Flow, x: Activation, slope: Tensor): Activation {
  const rank = x.dims.length;
  const long = [...slope.dims].flatMap((n, i) => (n === 1 ? [] : [i + rank - slope.dims.length]));
  if (
    slope.dims.length > rank ||
    long.some((axis) => slope.dims[axis - rank + slope.dims.length] !== x.dims[axis])
  )
    flow.reject(
      `slope has shape ${valueText(slope.dims)}, expected one that broadcasts to ${valueText(x.dims)}`,
    );
  if (long.length === 0) return flow.map({ op: "PRelu", slope: flow.weights(slope, "slope") }, x);
  if (long.length === 1 && x.order[x.order.length - 1] === long[0])
    return flow.map({ op: "PRelu", slope: flow.weights(slope, "slope") }, x);
  return flow.map({ op: "PRelu", slope: slopePerUnit(flow, slope, x) }, x);
}

function slopePerUnit(flow: Flow, slope: Tensor, { dims, order }: Activation): Float32Array {
  const rest = dims.map((_, axis) => axis).filter((axis) => !order.includes(axis));
  flow.reserve(sizeOf(dims));
  return flow.weights(transposed(broadcastTo(slope, dims), [...rest, ...order]), "slope");
}
