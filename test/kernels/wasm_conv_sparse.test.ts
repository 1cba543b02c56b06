import { describe, expect, test } from "vitest";
import { type RandomValues, randomValues } from "../support/random_values.js";
import { sizesAround } from "../support/sizes.js";
import { CONV_TILES, convInputs, runConvForward } from "../support/testers/conv_forward.js";
import { type ConvLayer, convLayer } from "../support/testers/conv_layer.js";
import { listNonzeros, runConvSparse } from "../support/testers/conv_sparse.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

/** Any padding, also where whole rows or columns of outputs lie on it; tiny weights have products that underflow. */
function randomLayer(random: RandomValues, seed: number, real: () => number): ConvLayer {
  const [height, width] = [random.integer(1, 9), random.integer(1, 9)];
  const kernelWidth = random.integer(1, 4);
  const pad = () => random.pick([0, 0, 1, 1, 2, 5]);
  const [top, left, bottom, right] = [pad(), pad(), pad(), pad()];
  const pads = [
    top,
    left,
    bottom + Math.max(0, 3 - height - top - bottom),
    right + Math.max(0, kernelWidth - width - left - right),
  ] as const;
  const [depth, filters] = [4 * random.integer(1, 5), random.pick(sizesAround(16))];
  const weights = Float32Array.from({ length: 3 * kernelWidth * depth * filters }, () =>
    random.chance(0.1) ? random.pick([0, -0]) : real(),
  );
  const layer = convLayer({ size: [height, width], kernel: [3, kernelWidth], pads }, depth, filters, {
    seed,
    weights,
  });
  const bias = Float32Array.from({ length: filters }, () =>
    random.chance(0.3) ? random.pick([0, -0]) : real(),
  );
  return { ...layer, node: { ...layer.node, bias } };
}

/** The bits, all NaN alike. */
function bits(values: Float32Array): Int32Array {
  return new Int32Array(values.map((v) => (Number.isNaN(v) ? Number.NaN : v)).buffer);
}

describe.each(variants)("nonzero_list, $variant", ({ relaxed }) => {
  // `listNonzeros` expects every entry of the list.
  for (const channels of [4, 8, 20])
    for (const width of [1, 2, 7])
      test.each([0, 0.4, 1])(`rows of ${width} pixels of ${channels} channels, density %d`, (density) => {
        const random = randomValues(channels + width);
        const odd = [Number.NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -149)];
        const x = Float32Array.from({ length: 3 * width * channels }, () => {
          if (!random.chance(density)) return random.pick([0, -0]);
          return random.chance(0.2) ? random.pick(odd) : random.uniform(-1, 1);
        });
        const { bytes } = listNonzeros(new WasmKernels(relaxed), x, [3, width, channels]);
        expect(bytes).toBe(4 * x.filter((value) => value !== 0).length);
      });
});

describe.each(variants)("conv_forward_sparse, $variant", ({ relaxed }) => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))("the bits of conv_forward, layer %i", (seed) => {
    const random = randomValues(seed);
    const size = random.pick([1, 1, 1e-25]);
    const real = () => random.uniform(-size, size);
    const layer = randomLayer(random, seed, real);
    const { height, width, depth } = layer;
    const density = random.pick([0, 0.1, 0.3, 0.5, 0.9, 1]);
    const odd = random.pick([0, 0, 0.02]);
    const input = (): number => {
      if (random.chance(odd)) return random.pick([Number.NaN, Infinity, -Infinity, 1e-45]);
      return random.chance(density) ? real() : random.pick([0, -0]);
    };
    const x = Float32Array.from({ length: height * width * depth }, input);
    const residual = random.chance(0.5)
      ? convInputs(layer, seed).residual.map((v) => (random.chance(0.3) ? random.pick([0, -0]) : size * v))
      : undefined;
    const [low, high] = random.pick([
      [-Infinity, Infinity],
      [0, Infinity],
      [0, 0.5],
    ]);
    const shared = { layer, residual, clamp: { low, high }, yGap: [seed % 2, seed % 3] } as const;
    const [tile] = CONV_TILES;

    const kernels = new WasmKernels(relaxed);
    const list = listNonzeros(kernels, x, [height, width, depth]);
    const { table, bytes } = list;
    const sparse = (most: number) => runConvSparse(kernels, { ...shared, list, most });
    const dense = (most: number) =>
      runConvForward(kernels, { ...shared, tile, x, nonzeros: { table, most } });
    const expected = bits(runConvForward(kernels, { ...shared, tile, x }));
    expect(bits(sparse(bytes))).toEqual(expected);
    // One of the two does the layer, and which depends on the bytes alone.
    expect(dense(bytes).every(Number.isNaN)).toBe(true);
    if (bytes === 0) return;
    expect(bits(dense(bytes - 4))).toEqual(expected);
    expect(sparse(bytes - 4).every(Number.isNaN)).toBe(true);
  });

  test.each(CONV_TILES)("$kernel leaves a layer to it where few inputs are listed", (tile) => {
    const layer = convLayer({ size: [4, 5], kernel: [3, 3], pads: [1, 1, 1, 1] }, 4, 17);
    const { x } = convInputs(layer, 1);
    const kernels = new WasmKernels(relaxed);
    const { table, bytes } = listNonzeros(kernels, x, [4, 5, 4]);
    const dense = (most: number) => runConvForward(kernels, { tile, layer, x, nonzeros: { table, most } });
    expect(dense(bytes).every(Number.isNaN)).toBe(true);
    expect(dense(bytes - 4)).toEqual(runConvForward(kernels, { tile, layer, x }));
  });
});
