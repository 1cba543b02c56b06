import {
  FILTERS,
  PATCHES,
  POSITIONS,
  packWinograd,
  WINOGRAD_SCRATCH_BYTES,
} from "../../../src/kernels/conv/winograd.js";
import type { Clamp } from "../../../src/kernels/node.js";
import { reference } from "../../../src/kernels/operators/conv/reference.js";
import { expectGuarded } from "../guarded.js";
import { floatBits, poisoned, WasmKernels } from "../wasm_kernel.js";
import type { ConvLayer } from "./conv_layer.js";

const U = 2 ** -24;

type Matrix = readonly (readonly number[])[];
const B_TRANSPOSED: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
const G: Matrix = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const A_TRANSPOSED: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];

const magnitudes = (m: Matrix): Matrix => m.map((row) => row.map(Math.abs));

/** `m d m^T`; a NaN is seen only where a coefficient is not 0. */
function transformed(m: Matrix, d: Matrix): number[][] {
  const dot = (row: readonly number[], other: (i: number) => number) =>
    row.reduce((sum, a, i) => (a === 0 ? sum : sum + a * other(i)), 0);
  const left = m.map((row) => d[0].map((_, j) => dot(row, (i) => d[i][j])));
  return left.map((row) => m.map((own) => dot(own, (j) => row[j])));
}

export interface WinogradCase {
  /** A 3x3 layer of stride 1: channels a multiple of 4, filters of 16. */
  readonly layer: ConvLayer;
  /** `[height][width][depth]`. */
  readonly x: Float32Array;
  readonly residual?: Float32Array;
  readonly clamp?: Clamp;
  /** Patches that are transformed before they are multiplied; default all. */
  readonly strip?: number;
  /** Words between the patches of one position and the next that belong to nobody. */
  readonly gap?: number;
}

/** The patches of a layer's outputs, two by two. */
function patchesOf({ outHeight, outWidth }: ConvLayer) {
  const across = Math.ceil(outWidth / 2);
  return { across, all: across * Math.ceil(outHeight / 2) };
}

/** Patch p, channel c of an image: 4x4 inputs, 0 outside of it. */
function patchOf({ layer, x }: WinogradCase, p: number, c: number): number[][] {
  const { height, width, depth, tapFields } = layer;
  const { across } = patchesOf(layer);
  const [top, left] = [2 * Math.floor(p / across) - tapFields.padTop, 2 * (p % across) - tapFields.padLeft];
  return Array.from({ length: 4 }, (_, r) =>
    Array.from({ length: 4 }, (_, s) => {
      const [h, w] = [top + r, left + s];
      return h < 0 || h >= height || w < 0 || w >= width ? 0 : x[(h * width + w) * depth + c];
    }),
  );
}

/**
 * Runs both kernels, strip by strip, and holds the patches to the definition, to within 2 u of the sum of their terms'
 * magnitudes: y, `[outHeight][outWidth][filters]`.
 */
export function runWinograd(relaxed: boolean, test: WinogradCase): Float32Array {
  const { layer, x, residual, clamp, gap = 4 } = test;
  const { depth, filters, height, width, outHeight, outWidth, tapFields } = layer;
  const { across, all } = patchesOf(layer);
  const { strip = all } = test;
  const kernels = new WasmKernels(relaxed);
  const y = kernels.output(outHeight * outWidth * filters);
  const placed = kernels.input(x);
  const zeros = kernels.input(new Float32Array(depth));
  const weights = kernels.input(packWinograd(layer.node.weights, depth, filters));
  const bias = kernels.input(layer.node.bias as Float32Array);
  const added = residual ? kernels.input(residual) : 0;
  for (let firstPatch = 0; firstPatch < all; firstPatch += strip) {
    const patches = Math.min(strip, all - firstPatch);
    const pitch = patches * depth + gap;
    const v = kernels.inout(poisoned(POSITIONS * pitch));
    const shared = { patchesX: across, firstPatch, positionBytes: 4 * pitch };
    kernels.call("winograd_input", patches, {
      ...shared,
      x: placed,
      v,
      zeros,
      height,
      width,
      channels: depth,
      padTop: tapFields.padTop,
      padLeft: tapFields.padLeft,
    });
    expectPatches(test, v.values(), [firstPatch, patches], pitch);
    kernels.call("winograd_multiply", (filters / FILTERS) * Math.ceil(patches / PATCHES), {
      ...shared,
      v,
      weights,
      bias,
      y,
      residual: added,
      depth,
      filters,
      patches,
      outHeight,
      outWidth,
      low: floatBits(clamp?.low ?? -Infinity),
      high: floatBits(clamp?.high ?? Infinity),
      scratch: kernels.scratch(WINOGRAD_SCRATCH_BYTES),
    });
  }
  return y.values();
}

function expectPatches(
  test: WinogradCase,
  v: Float32Array,
  [first, count]: readonly [number, number],
  pitch: number,
): void {
  const { depth } = test.layer;
  const expected = new Float64Array(v.length).fill(Number.NaN);
  const magnitude = new Float64Array(v.length);
  for (let p = 0; p < count; p++)
    for (let c = 0; c < depth; c++) {
      const d = patchOf(test, first + p, c);
      const [exact, sums] = [
        transformed(B_TRANSPOSED, d),
        transformed(magnitudes(B_TRANSPOSED), magnitudes(d)),
      ];
      for (let t = 0; t < POSITIONS; t++) {
        const at = t * pitch + p * depth + c;
        expected[at] = exact[t >> 2][t & 3];
        magnitude[at] = sums[t >> 2][t & 3];
      }
    }
  expectGuarded(v, expected, (i) => 2 * U * magnitude[i], [1, depth, pitch]);
}

/** Holds the two kernels to the float64 reference by the bound in the header of `winograd_multiply`. */
export function expectWinograd(relaxed: boolean, test: WinogradCase): Float32Array {
  const { layer, x, residual, clamp = { low: -Infinity, high: Infinity } } = test;
  const { depth, filters, outHeight, outWidth, node } = layer;
  const { across, all } = patchesOf(layer);
  const exact = reference.forward(node, [Float64Array.from(x)]);
  const magnitude = new Float64Array(exact.length);
  const weightOf = (c: number, o: number): Matrix =>
    [0, 1, 2].map((p) => [0, 1, 2].map((q) => node.weights[((3 * p + q) * depth + c) * filters + o]));
  const kernels = Array.from({ length: depth * filters }, (_, i) =>
    transformed(magnitudes(G), magnitudes(weightOf(Math.floor(i / filters), i % filters))),
  );
  for (let p = 0; p < all; p++) {
    const inputs = Array.from({ length: depth }, (_, c) =>
      transformed(magnitudes(B_TRANSPOSED), magnitudes(patchOf(test, p, c))),
    );
    for (let o = 0; o < filters; o++) {
      const products = [0, 1, 2, 3].map((i) =>
        [0, 1, 2, 3].map((j) =>
          inputs.reduce((sum, d, c) => sum + d[i][j] * kernels[c * filters + o][i][j], 0),
        ),
      );
      transformed(magnitudes(A_TRANSPOSED), products).forEach((row, i) => {
        row.forEach((value, j) => {
          const [h, w] = [2 * Math.floor(p / across) + i, 2 * (p % across) + j];
          if (h < outHeight && w < outWidth) magnitude[(h * outWidth + w) * filters + o] = value;
        });
      });
    }
  }
  const y = runWinograd(relaxed, test);
  const bias = node.bias as Float32Array;
  expectGuarded(
    y,
    exact.map((value, u) => Math.min(clamp.high, Math.max(clamp.low, value + (residual?.[u] ?? 0)))),
    (u) => U * ((depth + 12) * magnitude[u] + 2 * Math.abs(bias[u % filters]) + Math.abs(residual?.[u] ?? 0)),
    [1, filters, outWidth * filters],
  );
  return y;
}
