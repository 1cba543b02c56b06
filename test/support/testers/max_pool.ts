import { reference } from "../../../src/kernels/operators/max_pool/reference.js";
import { extentOf } from "../../../src/kernels/pool.js";
import type { MaxPool, Node } from "../../../src/network/spec.js";
import { expectGuarded } from "../guarded.js";
import { randomValues } from "../random_values.js";
import { singleNode } from "../single_node.js";
import { expectUntouched, floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import { expectSame } from "../within.js";
import type { SlidingWindow } from "./conv_layer.js";
import { liveLists } from "./live_lists.js";

const U = 2 ** -24;
/** Outputs inside are live. */
const [LOW, HIGH] = [0, 4];

/** A max pool on an image of few different values, so that many windows have ties. */
export interface PooledImage {
  readonly node: Node<MaxPool>;
  readonly channels: number;
  readonly windows: number;
  /** The fields that the kernels share; of the window how far it reaches. */
  readonly geometry: Readonly<Record<string, number>>;
  /** Those that the forward kernel has besides or otherwise. */
  readonly taps: Readonly<Record<string, number>>;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The input unit that each output is taken from. */
  readonly winners: Int32Array;
}

export function pooledImage(
  { size, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: SlidingWindow,
  channels: number,
  seed: number,
): PooledImage {
  const random = randomValues(seed);
  const node = singleNode({ op: "MaxPool", kernel, strides, dilations, pads }, [
    ...size,
    channels,
  ]) as Node<MaxPool>;
  const x = Float32Array.from({ length: size[0] * size[1] * channels }, () => random.integer(-4, 4));
  const x64 = Float64Array.from(x);
  const y = Float32Array.from(reference.forward(node, [x64]));
  const winners = Int32Array.from(y, (_, u) => {
    const dy = new Float64Array(y.length);
    dy[u] = 1;
    return reference.vjp(node, [x64], dy, dy)[0].indexOf(1);
  });
  const [outHeight, outWidth] = node.shape;
  const extent = extentOf(node);
  return {
    ...{ node, channels, x, y, winners },
    windows: kernel[0] * kernel[1],
    taps: {
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
      dilationHeight: dilations[0],
      dilationWidth: dilations[1],
    },
    geometry: {
      channels,
      height: size[0],
      width: size[1],
      kernelHeight: extent[0],
      kernelWidth: extent[1],
      strideHeight: strides[0],
      strideWidth: strides[1],
      padTop: pads[0],
      padLeft: pads[1],
      outHeight,
      outWidth,
    },
  };
}

/** Maxima and winners are exact, with winners or without. */
export function expectMaxPoolForward(relaxed: boolean, { geometry, taps, x, y, winners }: PooledImage): void {
  const kernels = new WasmKernels(relaxed);
  const [found, alone] = [kernels.output(y.length), kernels.output(y.length)];
  const won = kernels.inout(new Int32Array(y.length).fill(-2));
  const fields = { ...geometry, ...taps, x: kernels.input(x) };
  kernels.call("max_pool_forward", geometry.outHeight, { ...fields, y: found, winners: won });
  kernels.call("max_pool_forward", geometry.outHeight, { ...fields, y: alone, winners: 0 });
  expectSame(found.values(), y);
  expectSame(alone.values(), y);
  expectSame(won.values(), winners);
}

export interface MaxPoolVjpCase {
  readonly pool: PooledImage;
  readonly lanes: 4 | 8 | 12;
  /** Outputs are dead but inside (0, 4). */
  readonly masked: boolean;
  readonly accumulate: boolean;
  readonly compact: boolean;
}

const isLive = (masked: boolean, value: number): boolean => !masked || (LOW < value && value < HIGH);

/** The inputs that win a live output, and the fields that say so. */
function liveInputs({ x, y, winners }: PooledImage, masked: boolean): boolean[] {
  const live = Array.from(x, () => false);
  for (const [u, winner] of winners.entries()) if (isLive(masked, y[u])) live[winner] = true;
  return live;
}

function maskFields(kernels: WasmKernels, { geometry, y, winners }: PooledImage, masked: boolean) {
  return {
    ...geometry,
    winners: kernels.input(winners),
    yValues: masked ? kernels.input(y) : 0,
    yLow: floatBits(LOW),
    yHigh: floatBits(HIGH),
  };
}

/** `max_pool_live` marks them exactly. */
export function expectMaxPoolLive(relaxed: boolean, pool: PooledImage, masked: boolean): void {
  const kernels = new WasmKernels(relaxed);
  const live = kernels.output(pool.x.length);
  kernels.call("max_pool_live", pool.geometry.height, { ...maskFields(kernels, pool, masked), live });
  expectSame(live.values(), liveInputs(pool, masked).map(Number));
}

/** Cotangents of the winners: error <= m u sum |gy|, m windows; gy is poisoned at dead outputs. */
export function expectMaxPoolVjp(
  relaxed: boolean,
  { pool, lanes, masked, accumulate, compact }: MaxPoolVjpCase,
): void {
  const { channels, geometry, windows, x, y, winners } = pool;
  const random = randomValues(x.length + lanes);
  const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  const [gy, before] = [draw(y.length * lanes), draw(x.length * lanes)];
  const live = liveInputs(pool, masked);
  const kernels = new WasmKernels(relaxed);
  const lists = liveLists(kernels, { live, channels, width: geometry.width });
  const [NaNs] = poisoned(1);
  const gx = kernels.inout(accumulate ? before : poisoned(before.length));
  kernels.call(`max_pool_vjp_${lanes}`, geometry.height, {
    ...maskFields(kernels, pool, masked),
    xTable: lists.table,
    xPitch: lists.pitch,
    xSpan: 4,
    xEntries: compact ? lists.entries : 0,
    gy: kernels.input(gy.map((g, i) => (isLive(masked, y[Math.floor(i / lanes)]) ? g : NaNs))),
    gx,
    accumulate: Number(accumulate),
  });
  const placeOf = (u: number, k: number): number => (compact ? lists.places[u] : u) * lanes + k;
  const found = gx.values();
  const expected = new Float64Array(found.length).fill(Number.NaN);
  const magnitude = new Float64Array(found.length);
  const results = new Set<number>();
  const each = (u: number, visit: (i: number, k: number) => void): void => {
    for (let k = 0; k < lanes; k++) visit(u * lanes + k, k);
  };
  for (const [u, isLiveInput] of live.entries())
    if (isLiveInput)
      each(u, (i, k) => {
        results.add(placeOf(u, k));
        expected[i] = accumulate ? before[placeOf(u, k)] : 0;
        magnitude[i] = Math.abs(expected[i]);
      });
  for (const [o, winner] of winners.entries())
    if (isLive(masked, y[o]))
      each(winner, (i, k) => {
        expected[i] += gy[o * lanes + k];
        magnitude[i] += Math.abs(gy[o * lanes + k]);
      });
  expectUntouched(gx, (i) => results.has(i));
  const units = expected.map((_, i) => {
    const u = Math.floor(i / lanes);
    return live[u] ? found[placeOf(u, i % lanes)] : Number.NaN;
  });
  expectGuarded(units, expected, (i) => windows * U * magnitude[i], [1, lanes, channels * lanes]);
}

/** The same of one cotangent, for all inputs: 0 at those that win nothing. */
export function expectMaxPoolGradient(
  relaxed: boolean,
  { pool, masked, accumulate }: Pick<MaxPoolVjpCase, "pool" | "masked" | "accumulate">,
): void {
  const { channels, geometry, windows, x, y, winners } = pool;
  const random = randomValues(x.length);
  const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  const [gy, before] = [draw(y.length), draw(x.length)];
  const kernels = new WasmKernels(relaxed);
  const [NaNs] = poisoned(1);
  const gx = kernels.inout(accumulate ? before : poisoned(before.length));
  kernels.call("max_pool_vjp_1", geometry.height, {
    ...maskFields(kernels, pool, masked),
    gy: kernels.input(gy.map((g, o) => (isLive(masked, y[o]) ? g : NaNs))),
    gx,
    accumulate: Number(accumulate),
  });
  const expected = Float64Array.from(before, (value) => (accumulate ? value : 0));
  const magnitude = expected.map(Math.abs);
  for (const [o, winner] of winners.entries())
    if (isLive(masked, y[o])) {
      expected[winner] += gy[o];
      magnitude[winner] += Math.abs(gy[o]);
    }
  expectGuarded(gx.values(), expected, (u) => windows * U * magnitude[u], [1, channels]);
}
