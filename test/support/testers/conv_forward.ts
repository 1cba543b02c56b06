import { packForward } from "../../../src/kernels/conv/pack.js";
import type { Clamp } from "../../../src/kernels/node.js";
import { reference } from "../../../src/kernels/operators/conv/reference.js";
import { expectGuarded } from "../guarded.js";
import { randomValues } from "../random_values.js";
import { expectUntouched, floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import type { ConvLayer } from "./conv_layer.js";

const U = 2 ** -24;

/** The register tiles of `conv_forward`. */
export const CONV_TILES = [
  { kernel: "conv_forward_2x16", pixels: 2, block: 16 },
  { kernel: "conv_forward_4x8", pixels: 4, block: 8 },
  { kernel: "conv_forward_1x8", pixels: 1, block: 8 },
] as const;
export type ConvTileName = (typeof CONV_TILES)[number];

export interface ConvForwardCase {
  readonly tile: ConvTileName;
  readonly layer: ConvLayer;
  /** `[height][width][depth]`. */
  readonly x: Float32Array;
  /** Channels of x and y before and after the kernel's own, which it must neither read nor write. */
  readonly xGap?: readonly [before: number, after: number];
  readonly yGap?: readonly [before: number, after: number];
  /** `[outHeight][outWidth][filters]`. */
  readonly residual?: Float32Array;
  readonly clamp?: Clamp;
  /** The table of a `nonzero_list` in the same memory, and the bytes that it may list at most. */
  readonly nonzeros?: { readonly table: { readonly at: number }; readonly most: number };
}

/** Lays rows of `run` values out with poison before and after each. */
export function withGaps(
  values: Float32Array,
  run: number,
  [before, after]: readonly [number, number],
): Float32Array {
  const pitch = before + run + after;
  const all = poisoned((values.length / run) * pitch);
  for (let row = 0; row * run < values.length; row++)
    all.set(values.subarray(row * run, (row + 1) * run), row * pitch + before);
  return all;
}

/** The rows of `run` values without what lies before and after each. */
export function withoutGaps(
  all: Float32Array,
  run: number,
  [before, after]: readonly [number, number],
): Float32Array {
  const pitch = before + run + after;
  const values = new Float32Array((all.length / pitch) * run);
  for (let row = 0; row * pitch < all.length; row++)
    values.set(all.subarray(row * pitch + before, row * pitch + before + run), row * run);
  return values;
}

/** Weights or biases of a block past the last filter are never seen: poison in place of the packer's zeros. */
function poisonPadding(packed: Float32Array, filters: number, block: number): Float32Array {
  const rows = packed.length / block;
  const blocks = Math.ceil(filters / block);
  const last = (rows / blocks) * (blocks - 1) * block;
  const [NaNs] = [poisoned(1)];
  return packed.map((w, i) => (i >= last && (i % block) + (blocks - 1) * block >= filters ? NaNs[0] : w));
}

/** Runs the kernel: y, `[outHeight][outWidth][filters]`. Poison lies in every gap. */
export function runConvForward(kernels: WasmKernels, test: ConvForwardCase): Float32Array {
  const { tile, layer, x, xGap = [0, 0], yGap = [0, 0], residual, clamp, nonzeros } = test;
  const { depth, filters, taps, height, width, outHeight, outWidth } = layer;
  const blocks = Math.ceil(filters / tile.block);
  const bias = new Float32Array(blocks * tile.block);
  bias.set(layer.node.bias as Float32Array);
  const packed = packForward(layer.node.weights, taps, depth, filters, 0, filters, tile.block);
  const xPixel = xGap[0] + depth + xGap[1];
  const yPixel = yGap[0] + filters + yGap[1];
  const y = kernels.output(outHeight * outWidth * yPixel);
  kernels.call(tile.kernel, blocks * outHeight * Math.ceil(outWidth / tile.pixels), {
    x: kernels.input(withGaps(x, depth, xGap)).at + 4 * xGap[0],
    weights: kernels.input(poisonPadding(packed, filters, tile.block)),
    bias: kernels.input(poisonPadding(bias, filters, tile.block)),
    y: y.at + 4 * yGap[0],
    residual: residual ? kernels.input(withGaps(residual, filters, yGap)).at + 4 * yGap[0] : 0,
    zeros: kernels.input(new Float32Array(depth)),
    height,
    width,
    xRow: 4 * width * xPixel,
    xPixel: 4 * xPixel,
    ...layer.tapFields,
    depth,
    filters,
    outHeight,
    outWidth,
    yPixel: 4 * yPixel,
    low: floatBits(clamp?.low ?? -Infinity),
    high: floatBits(clamp?.high ?? Infinity),
    nonzeros: nonzeros?.table ?? 0,
    most: nonzeros?.most ?? 0,
  });
  expectUntouched(y, (i) => i % yPixel >= yGap[0] && i % yPixel < yGap[0] + filters);
  return withoutGaps(y.values(), filters, yGap);
}

/**
 * Holds a tile to the float64 reference: error <= (n + 1) u (|b| + sum |w x|), n terms (`conv/reference.ts`), a residual
 * being one more.
 */
export function expectConvForward(relaxed: boolean, test: ConvForwardCase): void {
  const { layer, x, residual, clamp = { low: -Infinity, high: Infinity } } = test;
  const { filters, outWidth } = layer;
  const sum = (node: ConvLayer["node"], values: Float32Array, addend = residual) =>
    reference.forward(node, [Float64Array.from(values)]).map((value, u) => value + (addend ? addend[u] : 0));
  const magnitude = sum(layer.absolute, x.map(Math.abs), residual?.map(Math.abs));
  const terms = layer.taps * layer.depth + (residual ? 1 : 0);
  const y = runConvForward(new WasmKernels(relaxed), test);
  expectGuarded(
    y,
    sum(layer.node, x).map((value) => Math.min(clamp.high, Math.max(clamp.low, value))),
    (u) => (terms + 1) * U * magnitude[u],
    [1, filters, outWidth * filters],
  );
}

/** An image for a layer, and a residual, in (-2, 2). */
export function convInputs({ height, width, depth, outHeight, outWidth, filters }: ConvLayer, seed: number) {
  const random = randomValues(seed);
  const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  return { x: draw(height * width * depth), residual: draw(outHeight * outWidth * filters) };
}
