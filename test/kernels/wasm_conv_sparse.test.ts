import { describe, expect, test } from "vitest";
import { livePatterns } from "../../src/engines/wasm/plan/live.js";
import { packForward, packSparse, SPARSE_FILTERS, SPARSE_ROWS } from "../../src/kernels/conv/pack.js";
import { type RandomValues, randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

interface Layer {
  readonly height: number;
  readonly width: number;
  readonly kernelWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly depth: number;
  readonly filters: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Any padding, also where whole rows or columns of outputs lie on it. */
function randomLayer(random: RandomValues): Layer {
  const [height, width] = [random.integer(1, 9), random.integer(1, 9)];
  const kernelWidth = random.integer(1, 4);
  const pad = () => random.pick([0, 0, 1, 1, 2, 5]);
  const [padTop, padLeft, padBottom, padRight] = [pad(), pad(), pad(), pad()];
  return {
    height,
    width,
    kernelWidth,
    padTop,
    padLeft,
    depth: 4 * random.integer(1, 5),
    filters: random.integer(1, 37),
    outHeight: Math.max(1, height + padTop + padBottom - SPARSE_ROWS + 1),
    outWidth: Math.max(1, width + padLeft + padRight - kernelWidth + 1),
  };
}

/** The bits, all NaN alike. */
function bits(values: Float32Array): Int32Array {
  return new Int32Array(values.map((v) => (Number.isNaN(v) ? Number.NaN : v)).buffer);
}

const NAMES = [
  "height",
  "width",
  "kernelWidth",
  "padTop",
  "padLeft",
  "depth",
  "filters",
  "outHeight",
  "outWidth",
] as const;

describe.each(variants)("nonzero_list and conv_forward_sparse, $variant", ({ relaxed }) => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))("the bits of conv_forward, layer %i", (seed) => {
    const random = randomValues(seed);
    const layer = randomLayer(random);
    const { height, width, kernelWidth, depth, filters, outHeight, outWidth } = layer;
    const density = random.pick([0, 0.1, 0.3, 0.5, 0.9, 1]);
    const odd = random.pick([0, 0, 0.02]);
    // Tiny numbers have products that underflow, to zeros of either sign.
    const size = random.pick([1, 1, 1e-25]);
    const real = () => random.uniform(-size, size);
    const input = (): number => {
      if (random.chance(odd)) return random.pick([Number.NaN, Infinity, -Infinity, 1e-45]);
      return random.chance(density) ? real() : random.pick([0, -0]);
    };
    const x = Float32Array.from({ length: height * width * depth }, input);
    const weights = Float32Array.from({ length: SPARSE_ROWS * kernelWidth * depth * filters }, () =>
      random.chance(0.1) ? random.pick([0, -0]) : real(),
    );
    const blocks = Math.ceil(filters / SPARSE_FILTERS);
    const bias = new Float32Array(blocks * SPARSE_FILTERS);
    for (let o = 0; o < filters; o++) bias[o] = random.chance(0.3) ? random.pick([0, -0]) : real();
    const outputs = outHeight * outWidth * filters;
    const residual = random.chance(0.5)
      ? Float32Array.from({ length: outputs }, () => random.pick([0, -0, real()]))
      : undefined;
    const [low, high] = random.pick([
      [-Infinity, Infinity],
      [0, Infinity],
      [0, 0.5],
    ]);

    const kernels = new WasmKernels(relaxed);
    const placed = kernels.input(x);
    const shared = {
      ...Object.fromEntries(NAMES.map((name) => [name, layer[name]])),
      bias: kernels.input(bias),
      residual: residual ? kernels.input(residual) : 0,
      yPixel: 4 * filters,
      low: floatBits(low),
      high: floatBits(high),
    };
    const distance = 4 * height * width * depth;
    const table = kernels.inout(new Int32Array(height * (width + 1)));
    const entries = kernels.inout(new Int32Array((2 * distance) / 4));
    kernels.call("nonzero_list", height, {
      x: placed,
      width,
      channels: depth,
      step: 4 * SPARSE_ROWS * SPARSE_FILTERS,
      table,
      entries,
      distance,
      patterns: kernels.input(new Int32Array(livePatterns().buffer)),
    });
    const rows = table.values();
    const listed = Array.from(
      { length: height },
      (_, h) => rows[h * (width + 1) + width] - rows[h * (width + 1)],
    );

    const zeros = kernels.input(new Float32Array(depth));
    const packed = kernels.input(
      packForward(weights, SPARSE_ROWS * kernelWidth, depth, filters, 0, filters, SPARSE_FILTERS),
    );
    const dense = (nonzeros: { at: number } | 0, most: number): Float32Array => {
      const y = kernels.output(outputs);
      kernels.call("conv_forward_2x16", blocks * outHeight * Math.ceil(outWidth / 2), {
        ...shared,
        x: placed,
        weights: packed,
        y,
        zeros,
        xRow: 4 * width * depth,
        xPixel: 4 * depth,
        kernelHeight: SPARSE_ROWS,
        strideHeight: 1,
        strideWidth: 1,
        dilationHeight: 1,
        dilationWidth: 1,
        nonzeros,
        most,
      });
      return y.values();
    };

    const packedSparse = kernels.input(packSparse(weights, kernelWidth, depth, filters));
    const sparse = (most: number): Float32Array => {
      const y = kernels.output(outputs);
      kernels.call("conv_forward_sparse_3x16", blocks * outWidth, {
        ...shared,
        table,
        distance,
        weights: packedSparse,
        y,
        most,
      });
      return y.values();
    };

    const bytes = 4 * x.filter((v) => v !== 0).length;
    expect(listed.reduce((sum, row) => sum + row, 0)).toBe(bytes);
    const expected = bits(dense(0, 0));
    expect(bits(sparse(bytes))).toEqual(expected);
    // One of the two does the layer, and which depends on the bytes alone.
    expect(dense(table, bytes).every(Number.isNaN)).toBe(true);
    if (bytes === 0) return;
    expect(bits(dense(table, bytes - 4))).toEqual(expected);
    expect(sparse(bytes - 4).every(Number.isNaN)).toBe(true);
  });
});
