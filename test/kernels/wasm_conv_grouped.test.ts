import { describe, expect, test } from "vitest";
import { forwardLength, packColumns, packForward } from "../../src/kernels/conv/pack.js";
import {
  bits,
  GROUPED_TILES,
  GroupedForwardCalls,
  GroupedVjpCalls,
  type Groups,
  groupedLayer,
  groupedVjpData,
} from "../support/testers/conv_grouped.js";
import { type SlidingWindow, windowName } from "../support/testers/conv_layer.js";
import { variants } from "../support/wasm_kernel.js";

/** Rows around the tiles of 2, 3, 4 and 7 pixels; lopsided pads, whole rows and columns of padding, strides, dilations. */
const WINDOWS: readonly SlidingWindow[] = [
  { size: [1, 1], kernel: [1, 1] },
  { size: [2, 6], kernel: [1, 1] },
  { size: [4, 8], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [3, 9], kernel: [3, 3] },
  { size: [5, 3], kernel: [3, 3], pads: [0, 2, 3, 0] },
  { size: [2, 15], kernel: [3, 2], pads: [1, 0, 1, 1] },
  { size: [3, 4], kernel: [3, 4], pads: [4, 5, 4, 5] },
  { size: [4, 2], kernel: [3, 1], pads: [1, 0, 0, 0] },
  { size: [6, 5], kernel: [5, 5], pads: [2, 2, 2, 2] },
  { size: [7, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [7, 8], kernel: [3, 2], strides: [3, 1], pads: [2, 0, 1, 1] },
  // Some inputs lie under no window.
  { size: [5, 7], kernel: [2, 2], strides: [3, 3] },
  { size: [8, 9], kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] },
  { size: [9, 8], kernel: [3, 3], strides: [2, 3], dilations: [3, 2], pads: [3, 4, 2, 3] },
];
/** Channels and filters of a group, around every tile and round; and how many groups. */
const GROUPS: readonly Groups[] = [
  [1, 1, 3],
  [4, 4, 5],
  [3, 5, 2],
  [2, 8, 3],
  [8, 9, 2],
  [5, 12, 3],
  [4, 16, 2],
  [7, 17, 2],
  [12, 3, 4],
];

describe.each(variants)(
  "convolutions in groups have the bits of one group at a time, $variant",
  ({ relaxed }) => {
    describe.each(WINDOWS.map((window) => ({ name: windowName(window), window })))("$name", ({ window }) => {
      test.each(GROUPS)("forward, %i channels to %i filters in each of %i groups", (...group) => {
        const layer = groupedLayer(window, group);
        const odd = layer.depth % 2 === 1;
        const calls = new GroupedForwardCalls(relaxed, layer, odd, odd ? [-Infinity, Infinity] : [-0.5, 3]);
        const expected = bits(calls.byGroup());
        expect(expected.some((word) => word !== 0)).toBe(true);
        for (const { kernel, pixels, block } of GROUPED_TILES) {
          const all = layer.groups * Math.ceil(layer.filters / block);
          for (const chunk of new Set([1, 2, all]))
            expect(bits(calls.grouped(kernel, pixels, block, chunk)), `${kernel}, ${chunk}`).toEqual(
              expected,
            );
        }
        const { strides = [1, 1], dilations = [1, 1], kernel } = window;
        if (kernel[0] === 3 && [...strides, ...dilations].every((n) => n === 1))
          expect(bits(calls.columns()), "columns").toEqual(expected);
      });

      for (const lanes of [4, 8, 10, 12] as const)
        test.each(GROUPS)(
          `vjp of ${lanes} lanes, %i channels from %i filters in each of %i groups`,
          (...group) => {
            const layer = groupedLayer(window, group);
            const data = groupedVjpData(layer, group[0] % 2 === 0);
            for (const compact of [false, true]) {
              const calls = new GroupedVjpCalls(relaxed, data, lanes, compact);
              const expected = bits(calls.byGroup());
              // Lists that start over at every pixel, after some, and never.
              for (const chunk of new Set([1, 2, layer.groups]))
                for (const groupListBytes of chunk === 2 ? [0, 64, 1e6] : [1e6])
                  expect(bits(calls.grouped(chunk, groupListBytes)), `chunks of ${chunk}`).toEqual(expected);
            }
          },
        );
    });
  },
);

test("packed weights are as long as is said", () => {
  const weights = new Float32Array(9 * 5 * 21);
  expect(packForward(weights, 9, 5, 21, 7, 7, 4)).toHaveLength(forwardLength(9, 5, 7, 4));
  expect(packColumns(weights, 3, 5, 21, 7, 7, 4)).toHaveLength(forwardLength(9, 5, 7, 4));
});
