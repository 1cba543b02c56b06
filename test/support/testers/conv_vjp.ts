import { packVjp } from "../../../src/kernels/conv/pack.js";
import { vjpScratch } from "../../../src/kernels/conv/vjp_blocks.js";
import { reference } from "../../../src/kernels/operators/conv/reference.js";
import { expectGuarded } from "../guarded.js";
import { type RandomValues, randomValues } from "../random_values.js";
import { expectUntouched, floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import type { ConvLayer } from "./conv_layer.js";
import { everyChannel, type ListedUnits, liveLists } from "./live_lists.js";

const U = 2 ** -24;

/** Cotangents of a unit that a kernel computes; two vectors and a half lie in three. */
export const VJP_LANES = [4, 8, 10, 12] as const;
export type VjpLanes = (typeof VJP_LANES)[number];
const MOST_LANES = 12;

/** Channels of a tensor that are not the call's: a group's neighbours, or what a slice is cut from. */
type Gap = readonly [before: number, after: number];

/** How a sum starts: from 0, from what is there, or from another cotangent, whole or where that one is live. */
export type VjpStart = "zero" | "accumulate" | "copy" | "masked copy";

/** The tensors of a call: which units are live, their cotangents, and what is there before. */
export interface VjpData {
  readonly layer: ConvLayer;
  /** `[height][width][xGap + depth]`. */
  readonly xLive: readonly boolean[];
  /** `[outHeight][outWidth][filters]`. */
  readonly yLive: readonly boolean[];
  readonly xGap: Gap;
  /** `[outputs][12]`: a kernel of fewer lanes gets the first of them. */
  readonly gy: Float32Array;
  /** `[inputs][12]`: what the sums start from. */
  readonly before: Float32Array;
  /** The values that mask `before` for a masked copy; live inside (-1, 1). */
  readonly startValues: Float32Array;
}

export interface VjpDataOptions {
  readonly seed?: number;
  /** Share of units that are live; default 0.6. */
  readonly xDensity?: number;
  readonly yDensity?: number;
  readonly xGap?: Gap;
}

export function vjpData(
  layer: ConvLayer,
  { seed = 1, xDensity = 0.6, yDensity = 0.6, xGap = [0, 0] }: VjpDataOptions = {},
): VjpData {
  const random = randomValues(seed);
  const { height, width, depth, filters, outHeight, outWidth } = layer;
  const inputs = height * width * (xGap[0] + depth + xGap[1]);
  const outputs = outHeight * outWidth * filters;
  const some = (length: number, density: number) => Array.from({ length }, () => random.chance(density));
  return {
    layer,
    xGap,
    xLive: some(inputs, xDensity),
    yLive: some(outputs, yDensity),
    gy: draw(random, outputs * MOST_LANES),
    before: draw(random, inputs * MOST_LANES),
    startValues: Float32Array.from({ length: inputs }, () =>
      random.pick([-2, -1, -0.5, 0, 0.99, 1, 3, Number.NaN]),
    ),
  };
}

const draw = (random: RandomValues, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-2, 2));

const startsLive = (value: number): boolean => -1 < value && value < 1;

/** What a call computes of its data, and how that lies in memory. None of it but the part and the start shows. */
export interface VjpCall {
  readonly lanes: VjpLanes;
  readonly start?: VjpStart;
  /** The filters that it sums over, `[first, count]`; default all. */
  readonly part?: readonly [first: number, count: number];
  /** Channels that a block of weights has; the gap before x is a multiple. Default all. */
  readonly block?: number;
  /** Filters between boundaries in the list of outputs. Default all. */
  readonly listBlock?: number;
  /** Filters of a wider tensor before and after those of gy. */
  readonly slice?: Gap;
  /** Cotangents lie as the entries of their lists do. */
  readonly compact?: "x" | "y" | "both";
  /** One list for all pixels, where every unit is live. */
  readonly unmasked?: boolean;
  /** Bytes of lists before they start over. Default: what the engine gives them. */
  readonly listBytes?: number;
}

/**
 * Runs the kernel: gx, `[height][width][xGap + depth][lanes]`, NaN where it wrote nothing. Poison lies in dead units, in
 * lanes that it does not compute, in gaps, and in weights past the last channel.
 */
export function runConvVjp(relaxed: boolean, data: VjpData, call: VjpCall): Float32Array {
  const kernels = new WasmKernels(relaxed);
  const { layer, xLive, yLive, xGap, gy, before, startValues } = data;
  const { lanes, start = "zero", compact, slice = [0, 0], unmasked = false } = call;
  const { depth, filters, height, width, outHeight, outWidth, taps, tapFields } = layer;
  const stride = 4 * Math.ceil(lanes / 4);
  const [first, count] = call.part ?? [0, filters];
  const block = call.block ?? (xGap[0] || depth);
  const xChannels = xGap[0] + depth + xGap[1];
  const [xCompact, yCompact] = [compact === "x" || compact === "both", compact === "y" || compact === "both"];
  const listsOf = (units: ListedUnits) => (unmasked ? everyChannel : liveLists)(kernels, units);

  const x = listsOf({ live: xLive, channels: xChannels, width, block });
  const xPlaces = xCompact ? x.places : Int32Array.from(xLive, (_, u) => u);

  // A compact slice is found through the lists of the tensor that it is cut from.
  const yChannels = slice[0] + filters + slice[1];
  const owned = (u: number): number => Math.floor(u / filters) * yChannels + slice[0] + (u % filters);
  const wide = Array.from({ length: outHeight * outWidth * yChannels }, () => true);
  for (const [u, live] of yLive.entries()) wide[owned(u)] = live;
  const offset = yCompact ? slice[0] : 0;
  const listBlock = call.listBlock ?? (yCompact && slice[0] + slice[1] > 0 ? 1 : filters);
  const y = listsOf({
    live: yCompact ? wide : yLive,
    channels: yCompact ? yChannels : filters,
    width: outWidth,
    block: listBlock,
  });
  const gyAll = poisoned(wide.length * stride);
  for (const [u, live] of yLive.entries()) {
    const place = yCompact ? y.places[owned(u)] : owned(u);
    if (live) gyAll.set(gy.subarray(u * MOST_LANES, u * MOST_LANES + lanes), place * stride);
  }

  const startAll = poisoned(xLive.length * stride);
  for (const [u, place] of xPlaces.entries()) {
    const isDead = start === "zero" || (start === "masked copy" && !startsLive(startValues[u]));
    if (xLive[u] && !isDead)
      startAll.set(before.subarray(u * MOST_LANES, u * MOST_LANES + lanes), place * stride);
  }
  const gx = kernels.inout(start === "accumulate" ? startAll : poisoned(startAll.length));
  const init = start === "zero" ? 0 : start === "accumulate" ? gx : kernels.input(startAll);

  const own = Math.ceil(depth / block);
  const packed = packVjp(layer.node.weights, taps, depth, filters, first, count, block);
  const past = taps * count * block * (own - 1);
  const weights = packed.map((w, i) =>
    i >= past && (own - 1) * block + (i % block) >= depth ? Number.NaN : w,
  );
  const kernel = [tapFields.kernelHeight, tapFields.kernelWidth] as const;
  const usual = vjpScratch(kernel, outWidth, count);
  const { listBytes = usual.listBytes } = call;
  kernels.call(`conv_vjp_${lanes}`, own * height * width, {
    gy: kernels.input(gyAll).at + (yCompact ? 0 : 4 * stride * slice[0]),
    yTable: y.table,
    yPitch: y.pitch,
    yBegin: (4 * (offset + first)) / listBlock,
    yEnd: 4 * Math.ceil((offset + first + count) / listBlock),
    yChannels,
    yEntries: yCompact ? y.entries : 0,
    yFirst: offset + first,
    outHeight,
    outWidth,
    gx,
    xTable: x.table,
    xPitch: x.pitch,
    xChannels,
    xEntries: xCompact ? x.entries : 0,
    height,
    width,
    weights: kernels.input(weights),
    blockBytes: 4 * taps * count * block,
    rowBytes: 4 * block,
    tapBytes: 4 * count * block,
    firstBlock: xGap[0] / block,
    ...tapFields,
    init,
    initValues: start === "masked copy" ? kernels.input(startValues) : 0,
    initLow: floatBits(-1),
    initHigh: floatBits(1),
    listBytes,
    scratch: kernels.scratch(usual.scratchBytes - usual.listBytes + listBytes),
  });

  const found = gx.values();
  const units = new Float32Array(found.length).fill(Number.NaN);
  const mayWrite = new Set<number>();
  for (const [u, place] of xPlaces.entries()) {
    const c = (u % xChannels) - xGap[0];
    if (!xLive[u] || c < 0 || c >= depth) continue;
    for (let k = 0; k < lanes; k++) {
      units[u * stride + k] = found[place * stride + k];
      mayWrite.add(place * stride + k);
    }
  }
  expectUntouched(gx, (i) => mayWrite.has(i));
  return units;
}

/** What a call should give, and the magnitude of its terms: `[inputs][12]`, NaN at units that are none of its own. */
export interface ExpectedVjp {
  readonly values: Float64Array;
  readonly magnitude: Float64Array;
}

/** By the float64 reference, lane by lane. */
export function expectedVjp(
  { layer, xLive, yLive, xGap, gy, before, startValues }: VjpData,
  start: VjpStart = "zero",
  [first, count]: readonly [number, number] = [0, layer.filters],
): ExpectedVjp {
  const { depth, filters, height, width } = layer;
  const none = new Float64Array(height * width * depth);
  const xChannels = xGap[0] + depth + xGap[1];
  const values = new Float64Array(before.length).fill(Number.NaN);
  const magnitude = new Float64Array(before.length);
  for (let k = 0; k < MOST_LANES; k++) {
    const dy = Float64Array.from(yLive, (live, u) => {
      const o = (u % filters) - first;
      return live && o >= 0 && o < count ? gy[u * MOST_LANES + k] : 0;
    });
    const [exact] = reference.vjp(layer.node, [none], dy, dy);
    const [sums] = reference.vjp(layer.absolute, [none], dy, dy.map(Math.abs));
    for (const [u, live] of xLive.entries()) {
      const c = (u % xChannels) - xGap[0];
      if (!live || c < 0 || c >= depth) continue;
      const own = Math.floor(u / xChannels) * depth + c;
      const starts = start !== "zero" && (start !== "masked copy" || startsLive(startValues[u]));
      const there = starts ? before[u * MOST_LANES + k] : 0;
      values[u * MOST_LANES + k] = exact[own] + there;
      magnitude[u * MOST_LANES + k] = sums[own] + Math.abs(there);
    }
  }
  return { values, magnitude };
}

/**
 * Holds a call to what is expected: error <= m u sum |w gy|, m = taps * filters (`conv/reference.ts`), what is there before
 * being one more term.
 */
export function expectConvVjp(
  relaxed: boolean,
  data: VjpData,
  expected: ExpectedVjp,
  call: VjpCall,
): Float32Array {
  const gx = runConvVjp(relaxed, data, call);
  const { lanes, start = "zero" } = call;
  const stride = 4 * Math.ceil(lanes / 4);
  const terms = data.layer.taps * (call.part?.[1] ?? data.layer.filters) + (start === "zero" ? 0 : 1);
  const at = (i: number) => Math.floor(i / stride) * MOST_LANES + (i % stride);
  const xChannels = data.xGap[0] + data.layer.depth + data.xGap[1];
  expectGuarded(
    gx,
    Float64Array.from(gx, (_, i) => (i % stride < lanes ? expected.values[at(i)] : Number.NaN)),
    (i) => terms * U * expected.magnitude[at(i)],
    [1, stride, xChannels * stride],
  );
  return gx;
}
