import { describe, expect, test } from "vitest";
import { reference } from "../../src/kernels/operators/max_pool/reference.js";
import { type SlidingWindow, windowName } from "../support/testers/conv_layer.js";
import {
  expectMaxPoolForward,
  expectMaxPoolGradient,
  expectMaxPoolLive,
  expectMaxPoolVjp,
  pooledImage,
} from "../support/testers/max_pool.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const CASES: readonly SlidingWindow[] = [
  { size: [1, 1], kernel: [1, 1] },
  { size: [6, 8], kernel: [2, 2], strides: [2, 2] },
  { size: [7, 5], kernel: [3, 3], strides: [2, 2] },
  { size: [7, 5], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [6, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [5, 4], kernel: [3, 2], pads: [2, 0, 1, 1] },
  { size: [7, 9], kernel: [2, 3], strides: [3, 4], pads: [0, 1, 0, 0] },
  { size: [4, 3], kernel: [4, 3] },
  { size: [7, 8], kernel: [2, 3], strides: [1, 2], dilations: [3, 2], pads: [1, 2, 2, 1] },
];
/** Below, at and above a vector, the two that a window takes together, and two of those. */
const CHANNELS = [1, 3, 4, 5, 7, 8, 9, 12, 19];

describe.each(variants)("max_pool, $variant", ({ relaxed }) => {
  for (const [i, window] of CASES.entries())
    describe.each(CHANNELS)(`${windowName(window)}, %i channels`, (channels) => {
      const pool = pooledImage(window, channels, i + channels);

      test("forward and winners exact", () => expectMaxPoolForward(relaxed, pool));

      for (const masked of [false, true])
        test(`live units exact, vjp error <= m u sum |gy|, ${masked ? "masked" : "unmasked"}`, () => {
          expectMaxPoolLive(relaxed, pool, masked);
          for (const lanes of [4, 8, 12] as const)
            for (const accumulate of [false, true])
              for (const compact of [false, true])
                expectMaxPoolVjp(relaxed, { pool, lanes, masked, accumulate, compact });
        });

      test("vjp of one cotangent: 0 at what wins nothing, error <= m u sum |gy|", () => {
        for (const masked of [false, true])
          for (const accumulate of [false, true])
            expectMaxPoolGradient(relaxed, { pool, masked, accumulate });
      });
    });

  test("a NaN wins only as the first of its window, as in the reference", () => {
    const { node, geometry, taps } = pooledImage({ size: [1, 4], kernel: [1, 2], strides: [1, 2] }, 1, 1);
    const kernels = new WasmKernels(relaxed);
    const x = Float32Array.of(Number.NaN, 1, -Infinity, Number.NaN);
    const y = kernels.output(2);
    kernels.call("max_pool_forward", 1, { ...geometry, ...taps, x: kernels.input(x), y, winners: 0 });
    expect([...y.values()]).toEqual([...reference.forward(node, [Float64Array.from(x)])]);
    expect([...y.values()]).toEqual([Number.NaN, -Infinity]);
  });

  test("of two zeros the first wins whatever its sign; infinities and denormals are passed on", () => {
    const { geometry, taps } = pooledImage({ size: [1, 8], kernel: [1, 2], strides: [1, 2] }, 1, 1);
    const kernels = new WasmKernels(relaxed);
    const x = Float32Array.of(-0, 0, 0, -0, Infinity, 3, -(2 ** -149), 2 ** -149);
    const [y, winners] = [kernels.output(4), kernels.inout(new Int32Array(4))];
    kernels.call("max_pool_forward", 1, { ...geometry, ...taps, x: kernels.input(x), y, winners });
    expect([...y.values()]).toEqual([-0, 0, Infinity, 2 ** -149]);
    expect([...winners.values()]).toEqual([0, 2, 4, 7]);
  });
});
