import { describe, expect, test } from "vitest";
import { CHOICE } from "../../src/kernels/conv/gradient_kernels.js";
import { sizesAround } from "../support/sizes.js";
import {
  expectConvGradient,
  FEW_TILES,
  GRADIENT_TILES,
  type GradientCall,
  gradientData,
  runChoice,
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

/** Layers of which the kernel for live inputs takes any. */
const UNSTRIDED = WINDOWS.filter(({ strides = [1, 1], dilations = [1, 1] }) =>
  [...strides, ...dilations].every((n) => n === 1),
);

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

  for (const tile of FEW_TILES)
    test.each(windows)(`${tile.kernel}, $name`, ({ window, i }) => {
      for (const filters of [4, 12, 16, 20, 36]) {
        const data = gradientData(window, [tile.few, filters, 1], i + filters, [1, 0.5][i % 2]);
        for (const start of STARTS) {
          const gx = expectConvGradient(relaxed, data, { tile, start });
          expectSame(runConvGradient(relaxed, data, { tile, start, gap: [3, 2] }), gx);
        }
      }
    });

  test.each(UNSTRIDED.map((window, i) => ({ name: windowName(window), window, i })))(
    "conv_gradient_live: $name",
    ({ window, i }) => {
      for (const [depth, block] of [
        [4, 4],
        [8, 8],
        [20, 8],
        [20, 20],
        [36, 16],
      ])
        for (const filters of [8, 24, 32]) {
          const data = gradientData(window, [depth, filters, 1], i + depth + filters, [1, 0.6][i % 2]);
          for (const start of STARTS) {
            const call = { tile: "live", start, masked: true, block } as const;
            const gx = expectConvGradient(relaxed, data, call);
            // Nothing of how tensors lie shows.
            expectSame(runConvGradient(relaxed, data, { ...call, gap: [4, 4] }), gx);
            expectSame(runConvGradient(relaxed, data, { ...call, block: depth }), gx);
          }
        }
    },
  );

  test("conv_gradient_live: pixels without a live unit, and with every unit live", () => {
    const data = gradientData({ size: [3, 4], kernel: [3, 3], pads: [1, 1, 1, 1] }, [12, 8, 1], 5, 1);
    for (const value of [3, 0.5, Number.NaN]) {
      const values = data.values.map((was, i) => (i < 72 ? value : was));
      expectConvGradient(relaxed, { ...data, values }, { tile: "live", start: "copy", masked: true });
    }
  });

  test("of the kernels one does a layer, the chosen one", () => {
    const data = gradientData(ROWS[0], [16, 8, 1], 1, 0.4);
    const none = (values: Float32Array) => values.every(Number.isNaN);
    const own = { sparse: CHOICE.sparse, live: CHOICE.live } as const;
    for (const tile of [...GRADIENT_TILES, "sparse", "live"] as const)
      for (const choice of Object.values(CHOICE)) {
        const does = choice === (typeof tile === "string" ? own[tile] : CHOICE.dense);
        const gx = runConvGradient(relaxed, data, { tile, choice, masked: true });
        expect(none(gx)).toBe(!does);
        if (does) expectSame(gx, runConvGradient(relaxed, data, { tile, masked: true }));
      }
  });

  test.each([
    { nonzeros: 0.2, live: 0.9, chosen: "sparse" },
    { nonzeros: 0.9, live: 0.2, chosen: "live" },
    { nonzeros: 0.2, live: 0.4, chosen: "sparse" },
    { nonzeros: 0.4, live: 0.2, chosen: "live" },
    { nonzeros: 0.9, live: 0.95, chosen: "dense" },
    { nonzeros: undefined, live: 0.2, chosen: "live" },
    { nonzeros: 0.2, live: undefined, chosen: "sparse" },
    { nonzeros: 1, live: undefined, chosen: "dense" },
    { nonzeros: undefined, live: 1, chosen: "dense" },
  ] as const)("choose_conv_gradient takes what is least: $chosen", ({ nonzeros, live, chosen }) => {
    expect(runChoice(relaxed, { share: nonzeros, most: 0.6 }, { share: live, most: 0.5 })).toBe(
      CHOICE[chosen],
    );
  });
});
