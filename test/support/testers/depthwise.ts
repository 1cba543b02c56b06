import { spreadTable } from "../../../src/kernels/depthwise/spread_table.js";
import type { Clamp } from "../../../src/kernels/node.js";
import { reference } from "../../../src/kernels/operators/conv/reference.js";
import type { Conv, Node } from "../../../src/network/spec.js";
import { expectGuarded } from "../guarded.js";
import { type RandomValues, randomValues } from "../random_values.js";
import { singleNode } from "../single_node.js";
import { expectUntouched, floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import type { SlidingWindow } from "./conv_layer.js";
import { liveLists } from "./live_lists.js";

const U = 2 ** -24;

/** Filters of a channel, and the forward kernel that is told so by its name or by a table. */
export const DEPTHWISE_KERNELS = [
  { multiplier: 1, kernel: "depthwise_forward" },
  { multiplier: 2, kernel: "depthwise_forward_by_2" },
  { multiplier: 4, kernel: "depthwise_forward_by_4" },
  { multiplier: 3, kernel: "depthwise_forward_by_any" },
  { multiplier: 5, kernel: "depthwise_forward_by_any" },
  { multiplier: 8, kernel: "depthwise_forward_by_any" },
] as const;

/** A convolution of each channel by itself. */
export interface DepthwiseLayer {
  readonly node: Node<Conv>;
  readonly absolute: Node<Conv>;
  readonly taps: number;
  readonly channels: number;
  /** Filters of a channel. */
  readonly multiplier: number;
  /** The fields that both kernels share, beside `channels`: those of y forward, those of x backward. */
  readonly geometry: Readonly<Record<string, number>>;
  readonly inputs: number;
  readonly outputs: number;
}

const draw = (random: RandomValues, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-2, 2));

export function depthwiseLayer(
  { size, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: SlidingWindow,
  channels: number,
  seed = 1,
  multiplier = 1,
): DepthwiseLayer {
  const random = randomValues(seed);
  const taps = kernel[0] * kernel[1];
  const filters = channels * multiplier;
  const operator: Conv = {
    op: "Conv",
    weights: draw(random, taps * filters),
    bias: draw(random, filters),
    filters,
    groups: channels,
    kernel,
    strides,
    dilations,
    pads,
  };
  const node = singleNode(operator, [...size, channels]) as Node<Conv>;
  const [outHeight, outWidth] = node.shape;
  return {
    node,
    absolute: { ...node, weights: node.weights.map(Math.abs), bias: node.bias?.map(Math.abs) },
    taps,
    channels,
    multiplier,
    geometry: {
      height: size[0],
      width: size[1],
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
      strideHeight: strides[0],
      strideWidth: strides[1],
      padTop: pads[0],
      padLeft: pads[1],
      dilationHeight: dilations[0],
      dilationWidth: dilations[1],
      outHeight,
      outWidth,
    },
    inputs: size[0] * size[1] * channels,
    outputs: outHeight * outWidth * filters,
  };
}

export function runDepthwiseForward(
  relaxed: boolean,
  { node, channels, multiplier, geometry, outputs }: DepthwiseLayer,
  x: Float32Array,
  { low, high }: Clamp = { low: -Infinity, high: Infinity },
): Float32Array {
  const kernels = new WasmKernels(relaxed);
  const y = kernels.output(outputs);
  const filters = channels * multiplier;
  const found = DEPTHWISE_KERNELS.find((known) => known.multiplier === multiplier);
  const kernel = found?.kernel ?? "depthwise_forward_by_any";
  kernels.call(kernel, geometry.outHeight, {
    ...geometry,
    channels: filters,
    ...(kernel === "depthwise_forward_by_any" && {
      multiplier,
      spread: kernels.input(new Int32Array(spreadTable(filters, multiplier).buffer)),
    }),
    x: kernels.input(x),
    weights: kernels.input(node.weights),
    bias: kernels.input(node.bias as Float32Array),
    y,
    low: floatBits(low),
    high: floatBits(high),
  });
  return y.values();
}

/** Holds the kernel to the float64 reference: error <= (taps + 1) u (|b| + sum |w x|). */
export function expectDepthwiseForward(relaxed: boolean, layer: DepthwiseLayer, clamp?: Clamp): void {
  const { node, absolute, taps, channels, multiplier, geometry, inputs } = layer;
  const filters = channels * multiplier;
  const x = draw(randomValues(inputs), inputs);
  const { low, high } = clamp ?? { low: -Infinity, high: Infinity };
  const exact = reference.forward(node, [Float64Array.from(x)]);
  const magnitude = reference.forward(absolute, [Float64Array.from(x, Math.abs)]);
  expectGuarded(
    runDepthwiseForward(relaxed, layer, x, clamp),
    exact.map((value) => Math.min(high, Math.max(low, value))),
    (u) => (taps + 1) * U * magnitude[u],
    [1, filters, geometry.outWidth * filters],
  );
}

export interface DepthwiseVjpCase {
  readonly layer: DepthwiseLayer;
  readonly lanes: 4 | 8 | 12;
  /** The outputs are masked by values of their own, and poisoned where dead; else all are live. */
  readonly masked?: boolean;
  readonly accumulate?: boolean;
  readonly compact?: boolean;
  /** Share of inputs that are live; default 0.6. */
  readonly density?: number;
}

/**
 * Holds the vjp to the float64 reference: error <= (n + 1) u (|gx before| + sum |w gy|) at live inputs, n = taps *
 * multiplier.
 */
export function expectDepthwiseVjp(
  relaxed: boolean,
  { layer, lanes, masked = false, accumulate = false, compact = false, density = 0.6 }: DepthwiseVjpCase,
): void {
  const { node, absolute, taps, channels, multiplier, geometry, inputs, outputs } = layer;
  const random = randomValues(inputs + lanes);
  const live = Array.from({ length: inputs }, () => random.chance(density));
  const yValues = draw(random, outputs).map((v) =>
    random.chance(0.2) ? random.pick([-1, 1, Number.NaN]) : v,
  );
  const isLive = (u: number): boolean => !masked || (-1 < yValues[u] && yValues[u] < 1);
  const gy = draw(random, outputs * lanes);
  const before = draw(random, inputs * lanes);
  const kernels = new WasmKernels(relaxed);
  const lists = liveLists(kernels, { live, channels, width: geometry.width });
  const [NaNs] = poisoned(1);
  const gx = kernels.inout(accumulate ? before : poisoned(before.length));
  const fields = {
    ...geometry,
    channels,
    xTable: lists.table,
    xPitch: lists.pitch,
    xSpan: 4,
    xEntries: compact ? lists.entries : 0,
    gy: kernels.input(gy.map((g, i) => (isLive(Math.floor(i / lanes)) ? g : NaNs))),
    yValues: masked ? kernels.input(yValues) : 0,
    yLow: floatBits(-1),
    yHigh: floatBits(1),
    gx,
    weights: kernels.input(node.weights),
    accumulate: Number(accumulate),
  };
  if (multiplier === 1) kernels.call(`depthwise_vjp_${lanes}`, geometry.height, fields);
  else kernels.call(`depthwise_vjp_multiplied_${lanes}`, geometry.height, { ...fields, multiplier });
  const found = gx.values();
  const units = new Float64Array(found.length).fill(Number.NaN);
  const expected = units.slice();
  const magnitude = new Float64Array(found.length);
  const results = new Set<number>();
  for (let k = 0; k < lanes; k++) {
    const dy = Float64Array.from({ length: outputs }, (_, u) => (isLive(u) ? gy[u * lanes + k] : 0));
    const [exact] = reference.vjp(node, [new Float64Array(inputs)], dy, dy);
    const [sums] = reference.vjp(absolute, [new Float64Array(inputs)], dy, dy.map(Math.abs));
    for (let u = 0; u < inputs; u++) {
      if (!live[u]) continue;
      const place = (compact ? lists.places[u] : u) * lanes + k;
      const there = accumulate ? before[place] : 0;
      results.add(place);
      units[u * lanes + k] = found[place];
      expected[u * lanes + k] = exact[u] + there;
      magnitude[u * lanes + k] = sums[u] + Math.abs(there);
    }
  }
  expectUntouched(gx, (i) => results.has(i));
  const steps = [1, lanes, channels * lanes, geometry.width * channels * lanes];
  expectGuarded(units, expected, (i) => (taps * multiplier + 1) * U * magnitude[i], steps);
}

/** The same of one cotangent, for all inputs: 0 at those that `values` says are dead. */
export function expectDepthwiseGradient(relaxed: boolean, layer: DepthwiseLayer): void {
  const { node, absolute, taps, channels, multiplier, geometry, inputs, outputs } = layer;
  const random = randomValues(inputs);
  const [gy, before] = [draw(random, outputs), draw(random, inputs)];
  const values = draw(random, inputs).map((v) => (random.chance(0.2) ? random.pick([-1, 1, Number.NaN]) : v));
  const dy = Float64Array.from(gy);
  const [exact] = reference.vjp(node, [new Float64Array(inputs)], dy, dy);
  const [sums] = reference.vjp(absolute, [new Float64Array(inputs)], dy, dy.map(Math.abs));
  for (const accumulate of [0, 1])
    for (const masked of [false, true]) {
      const kernels = new WasmKernels(relaxed);
      const gx = kernels.inout(accumulate ? before : poisoned(inputs));
      const fields = {
        ...{ ...geometry, channels, gy: kernels.input(gy), gx, weights: kernels.input(node.weights) },
        ...{ values: masked ? kernels.input(values) : 0, low: floatBits(-1), high: floatBits(1), accumulate },
      };
      if (multiplier === 1) kernels.call("depthwise_vjp_1", geometry.height, fields);
      else kernels.call("depthwise_vjp_multiplied_1", geometry.height, { ...fields, multiplier });
      const live = (u: number) => !masked || (-1 < values[u] && values[u] < 1);
      const there = before.map((value) => accumulate * value);
      expectGuarded(
        gx.values(),
        exact.map((value, u) => (live(u) ? value + there[u] : 0)),
        (u) => (live(u) ? (taps * multiplier + 1) * U * (sums[u] + Math.abs(there[u])) : 0),
        [1, channels, geometry.width * channels],
      );
    }
}
