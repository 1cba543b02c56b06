/** Convolutions and pools of graphs: windows over the spatial axes of `[N, C, spatial...]` or `[N, spatial..., C]`. */

import type { Pads, Pair } from "../../spec.js";
import { valueText } from "../failure.js";
import { type Activation, shapeIn } from "./activation.js";
import type { Flow } from "./flow.js";

/** Which axes of a tensor are what. */
export interface ImageAxes {
  readonly channel: number;
  /** One or two of them. */
  readonly spatial: readonly number[];
}

/** Channels at axis 1, as ONNX has them. */
export function channelsFirst(rank: number): ImageAxes {
  return { channel: 1, spatial: Array.from({ length: rank - 2 }, (_, i) => i + 2) };
}

/** Channels at the last axis. */
export function channelsLast(rank: number): ImageAxes {
  return { channel: rank - 1, spatial: Array.from({ length: rank - 2 }, (_, i) => i + 1) };
}

/** Per spatial axis, of which there are one or two. */
export interface SpatialWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: Padding;
  /** A last window may begin inside the image and end outside. */
  readonly ceil?: boolean;
}

/** Numbers before and after each axis, `same` as much as keeps ceil(length / stride) positions. */
export type Padding = readonly (readonly [number, number])[] | "same-upper" | "same-lower";

/** A window over `[H, W, C]`: one spatial axis becomes two, the second of length 1. */
export interface PlacedWindow {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  /** Padding that `ceil` adds at the ends, not counted in `pads`. */
  readonly extra: Pair;
}

/**
 * An image in the order that windows slide over, `[H, W, C]`.
 *
 * @throws UnsupportedOperatorError for more than two spatial axes, or several images for one
 */
export function asImage(flow: Flow, x: Activation, axes: ImageAxes): Activation {
  const { spatial, channel } = axes;
  if (spatial.length < 1 || spatial.length > 2)
    flow.unsupported(`over ${spatial.length} spatial axes, expected 1 or 2`);
  if (x.batch === channel || spatial.includes(x.batch)) flow.mixesImages("it slides along");
  if (x.dims.some((n, axis) => n !== 1 && axis !== channel && !spatial.includes(axis)))
    flow.unsupported("on several parts of one image at a time");
  const arranged = flow.arrange(x, [...spatial, channel]);
  if (spatial.length === 2) return arranged;
  const [length, channels] = shapeIn(x.dims, arranged.order);
  return { ...arranged, value: flow.reshape(arranged.value, [length, 1, channels]) };
}

/** What a window makes of an image: lengths of the spatial axes are read off the value. */
export function fromImage(
  flow: Flow,
  x: Activation,
  axes: ImageAxes,
  value: Activation["value"],
): Activation {
  const { spatial, channel } = axes;
  const [height, width, channels] = value.shape;
  const dims = [...x.dims];
  dims[channel] = channels;
  dims[spatial[0]] = height;
  if (spatial.length === 2) dims[spatial[1]] = width;
  const order = [...spatial, channel];
  return { ...x, dims, order, value: flow.reshape(value, shapeIn(dims, order)) };
}

/** @param image in the order of {@link asImage} */
export function placeWindow(flow: Flow, image: Activation, window: SpatialWindow): PlacedWindow {
  const [height, width] = image.value.shape;
  const lengths = [height, width];
  const axes = lengths.map((length, axis) => placeAxis(flow, length, window, axis));
  const pair = (field: "kernel" | "stride" | "dilation" | "extra"): Pair => [axes[0][field], axes[1][field]];
  return {
    kernel: pair("kernel"),
    strides: pair("stride"),
    dilations: pair("dilation"),
    pads: [axes[0].before, axes[1].before, axes[0].after, axes[1].after],
    extra: pair("extra"),
  };
}

interface PlacedAxis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly extra: number;
}

function placeAxis(flow: Flow, length: number, window: SpatialWindow, axis: number): PlacedAxis {
  if (axis >= window.kernel.length)
    return { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, extra: 0 };
  const [kernel, stride, dilation] = [window.kernel[axis], window.strides[axis], window.dilations[axis]];
  if (![kernel, stride, dilation].every((n) => Number.isSafeInteger(n) && n > 0))
    flow.reject(
      `kernel, strides and dilations are ${valueText([window.kernel, window.strides, window.dilations])}, expected positive integers`,
    );
  const extent = (kernel - 1) * dilation + 1;
  const [before, after] = paddingOf(flow, length, extent, stride, window.pads, axis);
  const room = length + before + after - extent;
  // The last window must begin inside the image or the padding before it.
  const steps = Math.ceil(room / stride);
  const fits = steps * stride < length + before;
  const extra = window.ceil && room > 0 && fits ? steps * stride - room : 0;
  return { kernel, stride, dilation, before, after, extra };
}

function paddingOf(
  flow: Flow,
  length: number,
  extent: number,
  stride: number,
  pads: Padding,
  axis: number,
): readonly [number, number] {
  if (typeof pads !== "string") {
    if (!pads[axis].every((n) => Number.isSafeInteger(n) && n >= 0))
      flow.unsupported(`pads ${valueText(pads)}, expected none that crop`);
    return pads[axis];
  }
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length);
  const less = Math.floor(total / 2);
  return pads === "same-upper" ? [less, total - less] : [total - less, less];
}
