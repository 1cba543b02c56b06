/** Normalisations of each image by itself. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import { arithmetic } from "./arithmetic.js";
import { reshape } from "./axes.js";
import type { Flow } from "./flow.js";
import { dense, lastOf } from "./layers.js";
import { reduce } from "./reductions.js";
import { broadcastDims, broadcastTo, float32Tensor, reshaped, scalar, type Tensor } from "./tensor.js";

/** Factor and offset after a normalisation, broadcast to what it normalised. */
export interface Gain {
  readonly scale?: Tensor;
  readonly bias?: Tensor;
}

/** To mean 0 and variance 1 over all axes from `axis` on together. */
export function layerNormalization(
  flow: Flow,
  x: Activation,
  axis: number,
  epsilon: number,
  { scale, bias }: Gain,
): Activation {
  if (axis <= x.batch) flow.mixesImages("it normalises");
  const normalised = x.dims.slice(axis);
  const flat = (tensor: Tensor | undefined, what: string) => {
    if (tensor === undefined) return undefined;
    const both = broadcastDims(tensor.dims, normalised);
    if (both === undefined || both.some((n, i) => n !== normalised[i]) || both.length > normalised.length)
      return flow.reject(
        `${what} has shape ${valueText(tensor.dims)}, expected one that broadcasts to ${valueText(normalised)}`,
      );
    flow.reserve(sizeOf(normalised));
    return flow.weights(broadcastTo(tensor, normalised), what);
  };
  const [factors, offsets] = [flat(scale, "scale"), flat(bias, "bias")];
  const joined = reshape(flow, x, [...x.dims.slice(0, axis), sizeOf(normalised)]);
  const value = flow.map(
    {
      op: "LayerNormalization",
      epsilon,
      ...(factors && { scale: factors }),
      ...(offsets && { bias: offsets }),
    },
    lastOf(flow, joined, axis),
  );
  return reshape(flow, value, x.dims);
}

/** Divided by the root of the mean of squares over all axes from `axis` on together. */
export function rmsNormalization(
  flow: Flow,
  x: Activation,
  axis: number,
  epsilon: number,
  scale: Tensor | undefined,
): Activation {
  if (axis <= x.batch) flow.mixesImages("it normalises");
  const axes = x.dims.flatMap((_, a) => (a >= axis ? [a] : []));
  const squares = reduce(flow, arithmetic(flow, "Mul", [x, x]), axes, "mean", true);
  const moved = arithmetic(flow, "Add", [squares, scalar(epsilon)]);
  const normalised = arithmetic(flow, "Mul", [x, flow.map({ op: "Pow", exponent: -0.5 }, moved)]);
  return scale ? arithmetic(flow, "Mul", [normalised, scale]) : normalised;
}

/**
 * The channels of `[N, C, spatial...]` in groups, each group normalised together with its pixels; then a factor and an offset
 * a channel.
 */
export function groupNormalization(
  flow: Flow,
  x: Activation,
  groups: number,
  epsilon: number,
  { scale, bias }: Gain,
): Activation {
  const [n, channels, ...spatial] = x.dims;
  if (x.batch > 0 || n !== 1) flow.mixesImages("it normalises");
  if (!Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0)
    flow.reject(`${channels} channels in ${groups} groups, expected groups of equal size`);
  const rows = reshape(flow, x, [n, groups, (channels / groups) * sizeOf(spatial)]);
  const normalised = reshape(flow, layerNormalization(flow, rows, 2, epsilon, {}), x.dims);
  const perChannel = (tensor: Tensor, what: string): Tensor =>
    sizeOf(tensor.dims) === channels
      ? reshaped(tensor, [channels, ...spatial.map(() => 1)])
      : flow.reject(`${what} has shape ${valueText(tensor.dims)}, expected ${channels} values`);
  const scaled = scale ? arithmetic(flow, "Mul", [normalised, perChannel(scale, "scale")]) : normalised;
  return bias ? arithmetic(flow, "Add", [scaled, perChannel(bias, "bias")]) : scaled;
}

export interface ResponseWindow {
  /** Channels of a window, `(size - 1) / 2` of them before the channel itself, rounded down. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

/** `x (bias + alpha / size sum(x^2))^-beta`, the sum over neighbouring channels (AlexNet, GoogLeNet). */
export function localResponseNormalization(
  flow: Flow,
  x: Activation,
  axis: number,
  { size, alpha, beta, bias }: ResponseWindow,
): Activation {
  const channels = x.dims[axis];
  if (!Number.isSafeInteger(size) || size < 1) flow.reject(`size is ${size}, expected at least 1`);
  flow.reserve(channels ** 2);
  const before = Math.floor((size - 1) / 2);
  const band = new Float32Array(channels ** 2);
  for (let c = 0; c < channels; c++)
    for (let from = Math.max(0, c - before); from < Math.min(channels, c - before + size); from++)
      band[from * channels + c] = alpha / size;
  const squares = arithmetic(flow, "Mul", [x, x]);
  const offset = float32Tensor([channels], new Float32Array(channels).fill(bias));
  const sums = dense(flow, squares, axis, float32Tensor([channels, channels], band), offset);
  return arithmetic(flow, "Mul", [x, flow.map({ op: "Pow", exponent: -beta }, sums)]);
}
