import { describe, expect, test } from "vitest";
import { oneIn, quick, quickTest } from "../support/portion.js";
import { type SlidingWindow, WINDOWS, windowName } from "../support/testers/conv_layer.js";
import {
  DEPTHWISE_KERNELS,
  type DepthwiseLayer,
  depthwiseLayer,
  expectDepthwiseForward,
  expectDepthwiseGradient,
  expectDepthwiseVjp,
  runDepthwiseForward,
} from "../support/testers/depthwise.js";
import { variants } from "../support/wasm_kernel.js";

/** Beside those of every convolution, widths below, at and above the register tiles of each row of taps and stride. */
const CASES: readonly SlidingWindow[] = [
  ...WINDOWS,
  { size: [5, 6], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 13], kernel: [3, 3] },
  { size: [7, 7], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [5, 16], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [6, 11], kernel: [5, 5], pads: [2, 2, 2, 2] },
  { size: [9, 12], kernel: [5, 5], strides: [2, 2], pads: [1, 2, 2, 1] },
];
/** Below, at and above a vector, the four vectors that a pixel sums together, and two of those. */
const CHANNELS = [1, 3, 4, 5, 8, 11, 15, 16, 17, 32, 37];

/** The variants differ in nothing but how they round: of the relaxed one `npm test` takes a sample. */
const taken = variants.filter(({ relaxed }) => relaxed || quick);

describe.each(taken)("depthwise, $variant: error <= (taps + 1) u sum |w x|", ({ relaxed }) => {
  const all = CASES.map((window, i) => ({ window, i, name: windowName(window) }));
  const cases = relaxed ? oneIn(3, all) : all;

  for (const { i, window } of cases)
    describe(windowName(window), () => {
      test.each(CHANNELS)("forward, %i channels", (channels) => {
        const layer = depthwiseLayer(window, channels, i + channels);
        expectDepthwiseForward(relaxed, layer);
        expectDepthwiseForward(relaxed, layer, { low: -0.5, high: 1 });
      });

      test.each(CHANNELS)("vjp of one cotangent, %i channels", (channels) => {
        expectDepthwiseGradient(relaxed, depthwiseLayer(window, channels, i + channels));
      });

      // Live channels of a pixel below and above the four that are taken together.
      for (const lanes of [4, 8, 12] as const)
        test.each([1, 5, 19])(`vjp of ${lanes} lanes, %i channels`, (channels) => {
          const shared = { layer: depthwiseLayer(window, channels, i + channels), lanes };
          expectDepthwiseVjp(relaxed, { ...shared, masked: true });
          expectDepthwiseVjp(relaxed, { ...shared, accumulate: true, density: 1 });
          expectDepthwiseVjp(relaxed, { ...shared, masked: true, accumulate: true, compact: true });
        });
    });

  describe.each(DEPTHWISE_KERNELS.slice(1))("$multiplier filters a channel: $kernel", ({ multiplier }) => {
    test.each(cases)("$name", ({ window, i }) => {
      // Fewer outputs than a vector, all remainders of four, the vectors that a pixel sums together and more.
      for (const channels of [1, 2, 3, 5, 9]) {
        const layer = depthwiseLayer(window, channels, i + channels, multiplier);
        expectDepthwiseForward(relaxed, layer);
        expectDepthwiseForward(relaxed, layer, { low: -0.5, high: 1 });
      }
      for (const channels of [1, 7])
        expectDepthwiseGradient(relaxed, depthwiseLayer(window, channels, i + channels, multiplier));
      for (const lanes of [4, 8, 12] as const)
        for (const channels of [1, 7]) {
          const shared = { layer: depthwiseLayer(window, channels, i + channels, multiplier), lanes };
          expectDepthwiseVjp(relaxed, { ...shared, masked: true });
          expectDepthwiseVjp(relaxed, { ...shared, accumulate: true, density: 1 });
          expectDepthwiseVjp(relaxed, { ...shared, masked: true, accumulate: true, compact: true });
        }
    });
  });

  quickTest("nothing is live", () => {
    for (const lanes of [4, 8, 12] as const)
      for (const multiplier of [1, 2])
        expectDepthwiseVjp(relaxed, {
          layer: depthwiseLayer(WINDOWS[3], 5, 1, multiplier),
          lanes,
          density: 0,
        });
  });

  /** Weights, bias and image of one value each. */
  const even = (window: SlidingWindow, channels: number, multiplier = 1): DepthwiseLayer => {
    const layer = depthwiseLayer(window, channels, 1, multiplier);
    const { weights, bias } = layer.node;
    return { ...layer, node: { ...layer.node, weights: weights.map(() => 0.8), bias: bias?.map(() => 0.8) } };
  };

  quickTest("an output does not depend on its place in the row or among the channels", () => {
    const run = (size: readonly [number, number], channels: number) => {
      const layer = even({ size, kernel: [3, 3], pads: [1, 1, 1, 1] }, channels);
      const y = runDepthwiseForward(relaxed, layer, new Float32Array(layer.inputs).fill(0.8));
      return y[Math.floor(size[0] / 2) * size[1] * channels + channels * Math.floor(size[1] / 2)];
    };
    const center = run([3, 3], 1);
    for (const size of [
      [3, 4],
      [3, 7],
      [5, 9],
    ] as const)
      for (const channels of [1, 4, 7, 33]) expect(run(size, channels)).toBe(center);
  });

  // With tiles along a row, with whole vectors, and channel by channel.
  const filters = [1, 5, 16].flatMap((channels) =>
    [1, 2, 3, 4].map((multiplier) => [channels, multiplier] as const),
  );
  test.each(quick ? filters : [])(
    "what is not finite reaches the outputs that see it, and no other, %i channels of %i filters",
    (channels, multiplier) => {
      const layer = even({ size: [4, 9], kernel: [3, 3], pads: [1, 1, 1, 1] }, channels, multiplier);
      const filters = channels * multiplier;
      const x = new Float32Array(layer.inputs).fill(2 ** -149);
      const clean = runDepthwiseForward(relaxed, layer, x);
      const channel = channels - 1;
      for (const odd of [Number.NaN, Infinity]) {
        const spoilt = x.slice();
        spoilt[(2 * 9 + 4) * channels + channel] = odd;
        runDepthwiseForward(relaxed, layer, spoilt, { low: -1, high: 6 }).forEach((value, u) => {
          const [h, w] = [Math.floor(u / filters / 9), Math.floor(u / filters) % 9];
          const sees =
            Math.abs(h - 2) <= 1 &&
            Math.abs(w - 4) <= 1 &&
            Math.floor((u % filters) / multiplier) === channel;
          expect(value).toBe(sees ? (Number.isNaN(odd) ? odd : 6) : clean[u]);
        });
      }
    },
  );
});
