import { livePatterns } from "../../../src/engines/wasm/plan/live.js";
import { packSparse, SPARSE_FILTERS, SPARSE_ROWS } from "../../../src/kernels/conv/pack.js";
import type { Clamp } from "../../../src/kernels/node.js";
import { type Block, expectUntouched, floatBits, type WasmKernels } from "../wasm_kernel.js";
import { withGaps, withoutGaps } from "./conv_forward.js";
import type { ConvLayer } from "./conv_layer.js";

/** What `conv_forward_sparse` counts offsets in: the bytes of the weights of one input unit. */
const STEP = 4 * SPARSE_ROWS * SPARSE_FILTERS;

/** The values of an image that are not 0, as `nonzero_list` lists them. */
export interface NonzeroList {
  readonly table: Block<Int32Array>;
  /** Values; offsets are half of it further on. */
  readonly entries: Block<Int32Array>;
  readonly distance: number;
  /** Bytes of the values that are not 0. */
  readonly bytes: number;
}

/** Runs `nonzero_list` on `[height][width][channels]` and expects the list: values in order, each with its unit's offset. */
export function listNonzeros(
  kernels: WasmKernels,
  x: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): NonzeroList {
  const distance = 4 * x.length;
  const table = kernels.inout(new Int32Array(height * (width + 1)).fill(-1));
  const entries = kernels.inout(new Int32Array(2 * x.length).fill(-1));
  kernels.call("nonzero_list", height, {
    x: kernels.input(x),
    width,
    channels,
    gap: 0,
    step: STEP,
    skip: 0,
    table,
    entries,
    distance,
    patterns: kernels.input(new Int32Array(livePatterns().buffer)),
  });
  const bits = new Int32Array(x.slice().buffer);
  const [words, rows] = [entries.values(), table.values()];
  let bytes = 0;
  for (let h = 0; h < height; h++) {
    let at = h * width * channels;
    for (let w = 0; w <= width; w++) {
      const place = (rows[h * (width + 1) + w] - entries.at) / 4;
      if (place !== at) throw new Error(`pixel ${w} of row ${h} is listed at ${place}, expected ${at}`);
      for (let c = 0; w < width && c < channels; c++) {
        const unit = w * channels + c;
        const u = h * width * channels + unit;
        if (x[u] === 0) continue;
        if (words[at] !== bits[u] || words[x.length + at] !== STEP * unit)
          throw new Error(`unit ${unit} of row ${h} is not listed at ${at}`);
        at++;
      }
    }
    bytes += 4 * (at - h * width * channels);
  }
  return { table, entries, distance, bytes };
}

export interface ConvSparseCase {
  readonly layer: ConvLayer;
  readonly list: NonzeroList;
  /** Bytes that it does at most. */
  readonly most: number;
  readonly yGap?: readonly [before: number, after: number];
  readonly residual?: Float32Array;
  readonly clamp?: Clamp;
}

/** Runs `conv_forward_sparse_3x16`: y, `[outHeight][outWidth][filters]`, poison where it left the layer alone. */
export function runConvSparse(
  kernels: WasmKernels,
  { layer, list, most, yGap = [0, 0], residual, clamp }: ConvSparseCase,
): Float32Array {
  const { depth, filters, height, width, outHeight, outWidth, node } = layer;
  const { kernelWidth, padTop, padLeft } = layer.tapFields;
  const blocks = Math.ceil(filters / SPARSE_FILTERS);
  const bias = new Float32Array(blocks * SPARSE_FILTERS);
  bias.set(node.bias as Float32Array);
  const yPixel = yGap[0] + filters + yGap[1];
  const y = kernels.output(outHeight * outWidth * yPixel);
  kernels.call("conv_forward_sparse_3x16", blocks * outWidth, {
    table: list.table,
    distance: list.distance,
    weights: kernels.input(packSparse(node.weights, kernelWidth, depth, filters)),
    bias: kernels.input(bias),
    y: y.at + 4 * yGap[0],
    residual: residual ? kernels.input(withGaps(residual, filters, yGap)).at + 4 * yGap[0] : 0,
    height,
    width,
    kernelWidth,
    padTop,
    padLeft,
    depth,
    filters,
    outHeight,
    outWidth,
    yPixel: 4 * yPixel,
    low: floatBits(clamp?.low ?? -Infinity),
    high: floatBits(clamp?.high ?? Infinity),
    most,
  });
  expectUntouched(y, (i) => i % yPixel >= yGap[0] && i % yPixel < yGap[0] + filters);
  return withoutGaps(y.values(), filters, yGap);
}
