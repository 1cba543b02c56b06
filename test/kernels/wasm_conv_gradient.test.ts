import { describe, expect, test } from "vitest";
import { sizesAround } from "../support/sizes.js";
import {
  expectConvGradient,
  GRADIENT_TILES,
  type GradientCall,
  gradientData,
  runConvGradient,
} from "../support/testers/conv_gradient.js";
import { type SlidingWindow, WINDOWS, windowName } from "../support/testers/conv_layer.js";
import { variants } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

const STARTS = ["zero", "accumulate", "copy"] as const;
const windows = WINDOWS.map((window, i) => ({ name: windowName(window), window, i }));

/** Layers that the sparse kernel takes: three rows, no strides, no dilations. */
const ROWS: readonly SlidingWindow[] = [
  { size: [4, 5], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [3, 3], kernel: [3, 3] },
  { size: [1, 1], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [7, 2], kernel: [3, 2], pads: [0, 1, 2, 0] },
  { size: [2, 6], kernel: [3, 5], pads: [2, 3, 1, 4] },
  { size: [5, 4], kernel: [3, 4], pads: [5, 5, 5, 5] },
];

describe.each(variants)("conv_gradient, $variant: error <= m u (|residual| + sum |w gy|)", ({ relaxed }) => {
  for (const tile of GRADIENT_TILES)
    test.each(windows)(`${tile.kernel}, $name`, ({ window, i }) => {
      const depth = sizesAround(tile.channels)[i % 6];
      const data = gradientData(window, [depth, 1 + ((7 * i) % 11), 1], i, [1, 0.5, 0.2][i % 3]);
      const call: GradientCall = { tile, start: STARTS[i % 3], masked: i % 2 === 1 };
      const gx = expectConvGradient(relaxed, data, call);
      // Nothing of how tensors lie shows.
      expectSame(runConvGradient(relaxed, data, { ...call, gap: [3, 2] }), gx);
      const block = 4 * tile.channels;
      expectSame(runConvGradient(relaxed, data, { ...call, block }), gx);
      expectSame(runConvGradient(relaxed, data, { ...call, block: tile.channels }), gx);
    });

  for (const tile of GRADIENT_TILES)
    test.each(sizesAround(tile.channels))(`${tile.kernel}, %i channels, all starts and masks`, (depth) => {
      const data = gradientData(
        { size: [3, 8], kernel: [2, 2], pads: [1, 0, 0, 1] },
        [depth, 5, 1],
        depth,
        0.7,
      );
      for (const start of STARTS)
        for (const masked of [false, true]) expectConvGradient(relaxed, data, { tile, start, masked });
      expectConvGradient(relaxed, data, { tile, part: [2, 3], start: "accumulate", masked: true });
    });

  for (const tile of GRADIENT_TILES)
    test.each([2, 3])(`${tile.kernel}, %i groups`, (groups) => {
      for (const [i, window] of WINDOWS.entries()) {
        const data = gradientData(window, [1 + ((5 * i) % 9), 1 + ((3 * i) % 5), groups], i, 0.8);
        expectConvGradient(relaxed, data, { tile, start: STARTS[i % 3], masked: i % 2 === 0 });
      }
    });

  test.each(ROWS.map((window, i) => ({ name: windowName(window), window, i })))(
    "conv_gradient_sparse has the bits of the dense one: $name",
    ({ window, i }) => {
      const [tile] = GRADIENT_TILES;
      for (const depth of sizesAround(16))
        for (const density of [0, 0.3, 1]) {
          const data = gradientData(window, [depth, [4, 8, 20][i % 3], 1], i + depth, density);
          for (const masked of [false, true])
            for (const start of STARTS) {
              const call = { start, masked, gap: [4 * (i % 2), i % 3] } as const;
              const dense = runConvGradient(relaxed, data, { ...call, tile });
              expectSame(runConvGradient(relaxed, data, { ...call, tile: "sparse" }), dense);
              if (depth > 16)
                expectSame(runConvGradient(relaxed, data, { ...call, tile: "sparse", block: 16 }), dense);
            }
        }
    },
  );

  test("one of the two does a layer, by the bytes that are listed alone", () => {
    const data = gradientData(ROWS[0], [17, 8, 1], 1, 0.4);
    const bytes = 4 * data.gy.filter((g) => g !== 0).length;
    const none = (values: Float32Array) => values.every(Number.isNaN);
    for (const tile of GRADIENT_TILES) {
      expect(none(runConvGradient(relaxed, data, { tile, most: bytes }))).toBe(true);
      expect(none(runConvGradient(relaxed, data, { tile, most: bytes - 4 }))).toBe(false);
    }
    expect(none(runConvGradient(relaxed, data, { tile: "sparse", most: bytes }))).toBe(false);
    expect(none(runConvGradient(relaxed, data, { tile: "sparse", most: bytes - 4 }))).toBe(true);
  });
});
