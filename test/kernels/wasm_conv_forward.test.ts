import { describe, expect, test } from "vitest";
import { sizesAround } from "../support/sizes.js";
import {
  CONV_TILES,
  type ConvForwardCase,
  convInputs,
  expectConvForward,
  runConvForward,
} from "../support/testers/conv_forward.js";
import { convLayer, WINDOWS, windowName } from "../support/testers/conv_layer.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const DEPTHS = [1, 3, 4, 5, 8, 13];

describe.each(variants)("conv_forward, $variant: error <= (n + 1) u (|b| + sum |w x|)", ({ relaxed }) => {
  for (const tile of CONV_TILES)
    describe(tile.kernel, () => {
      const filterCounts = sizesAround(tile.block);

      test.each(WINDOWS.map((window, i) => ({ window, i, name: windowName(window) })))(
        "$name",
        ({ window, i }) => {
          const layer = convLayer(window, DEPTHS[i % 6], filterCounts[(i + 2) % 6]);
          const { x, residual } = convInputs(layer, i);
          const gaps = { xGap: [i % 3, (i >> 1) % 2], yGap: [(i >> 1) % 3, i % 2] } as const;
          expectConvForward(relaxed, { tile, layer, x, ...gaps });
          expectConvForward(relaxed, { tile, layer, x, ...gaps, residual, clamp: { low: -1.5, high: 2 } });
        },
      );

      test.each(sizesAround(tile.pixels))("rows of %i outputs, all numbers of filters", (width) => {
        for (const [i, filters] of filterCounts.entries()) {
          const layer = convLayer({ size: [2, width], kernel: [1, 1] }, DEPTHS[i], filters);
          const { x, residual } = convInputs(layer, width);
          expectConvForward(relaxed, { tile, layer, x, yGap: [1, 0] });
          expectConvForward(relaxed, { tile, layer, x, residual, clamp: { low: 0, high: Infinity } });
        }
      });

      const pixelwise = (x: Float32Array, more: Partial<ConvForwardCase> = {}) => {
        const ones = convLayer({ size: [1, x.length], kernel: [1, 1] }, 1, 1, {
          weights: Float32Array.of(1),
        });
        const layer = { ...ones, node: { ...ones.node, bias: Float32Array.of(-0) } };
        return [...runConvForward(new WasmKernels(relaxed), { tile, layer, x, ...more })];
      };

      test("keeps NaN, clamps infinities, passes denormals, makes 0 of -0", () => {
        const x = Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 2 ** -149, 1);
        expect(pixelwise(x)).toEqual([Number.NaN, Infinity, -Infinity, 0, 2 ** -149, 1]);
        expect(pixelwise(x, { clamp: { low: -5, high: 6 } })).toEqual([Number.NaN, 6, -5, 0, 2 ** -149, 1]);
        // The sum is 0; 0 and a residual of -0 are 0.
        expect(pixelwise(x, { residual: new Float32Array(6).fill(-0) })[3]).toBe(0);
      });

      test("what is not finite reaches the outputs that see it, and no other", () => {
        const layer = convLayer({ size: [5, 7], kernel: [3, 3], pads: [1, 1, 1, 1] }, 3, tile.block + 1);
        const { x } = convInputs(layer, 3);
        const clean = runConvForward(new WasmKernels(relaxed), { tile, layer, x });
        for (const odd of [Number.NaN, Infinity]) {
          const spoilt = x.slice();
          spoilt[(2 * 7 + 3) * 3 + 1] = odd;
          const y = runConvForward(new WasmKernels(relaxed), { tile, layer, x: spoilt });
          y.forEach((value, u) => {
            const pixel = Math.floor(u / layer.filters);
            const sees = Math.abs(Math.floor(pixel / 7) - 2) <= 1 && Math.abs((pixel % 7) - 3) <= 1;
            if (sees) expect(Number.isFinite(value)).toBe(false);
            else expect(value).toBe(clean[u]);
          });
        }
      });
    });

  test("every tile has the same bits", () => {
    const layer = convLayer({ size: [5, 9], kernel: [3, 3], pads: [1, 0, 1, 1] }, 5, 21);
    const { x, residual } = convInputs(layer, 1);
    const [first, ...others] = CONV_TILES.map((tile) =>
      runConvForward(new WasmKernels(relaxed), { tile, layer, x, residual }),
    );
    for (const other of others) expect(other).toEqual(first);
  });
});
