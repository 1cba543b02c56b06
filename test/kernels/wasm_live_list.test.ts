import { describe, expect, test } from "vitest";
import { livePatterns } from "../../src/engines/wasm/plan/live.js";
import { randomValues } from "../support/random_values.js";
import { sizesAround } from "../support/sizes.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

/** What lies strictly inside (0, 6), what does not, and what no comparison accepts. */
const VALUES = [0.5, 3, 5.9, 2 ** -149, 0, -0, -1, 6, 7, Number.NaN, Infinity, -Infinity];
const isLive = (value: number): boolean => value > 0 && value < 6;

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly block: number;
}

const SHAPES: readonly Shape[] = [
  ...sizesAround(4).map((channels) => ({ height: 2, width: 3, channels, block: channels })),
  { height: 1, width: 1, channels: 1, block: 1 },
  { height: 3, width: 5, channels: 16, block: 16 },
  // Blocks that divide the channels, and one that is left with a few, with one, with fewer than a vector.
  { height: 4, width: 2, channels: 24, block: 8 },
  { height: 2, width: 4, channels: 22, block: 12 },
  { height: 1, width: 7, channels: 17, block: 16 },
  { height: 3, width: 2, channels: 39, block: 4 },
];

describe.each(variants)("live_list, $variant", ({ relaxed }) => {
  for (const [how, choices] of [
    ["some live", VALUES],
    ["all live", VALUES.slice(0, 4)],
    ["none live", VALUES.slice(4)],
  ] as const)
    test.each(SHAPES)(`$height x $width x $channels in blocks of $block, ${how}`, (shape) => {
      const { height, width, channels, block } = shape;
      const random = randomValues(height * 100 + channels);
      const pixels = height * width;
      const values = Float32Array.from({ length: pixels * channels }, () => random.pick(choices));
      const kernels = new WasmKernels(relaxed);
      const blocks = Math.ceil(channels / block);
      const table = kernels.inout(new Int32Array(pixels * (blocks + 1)).fill(-1));
      const entries = kernels.inout(new Int32Array(pixels * channels).fill(-1));
      kernels.call("live_list", height, {
        values: kernels.input(values),
        low: floatBits(0),
        high: floatBits(6),
        channels,
        width,
        block,
        blocks,
        table,
        entries,
        patterns: kernels.input(new Int32Array(livePatterns().buffer)),
      });
      const [rows, listed] = [table.values(), entries.values()];
      const at = (address: number): number => (address - entries.at) / 4;
      for (let row = 0; row < height; row++) {
        // The lists of a row lie one after the other.
        let next = row * width * channels;
        for (let p = row * width; p < (row + 1) * width; p++)
          for (let b = 0; b < blocks; b++) {
            const live = Array.from({ length: channels }, (_, c) => c).filter(
              (c) => Math.floor(c / block) === b && isLive(values[p * channels + c]),
            );
            const [begin, end] = rows.subarray(p * (blocks + 1) + b);
            expect(at(begin)).toBe(next);
            expect([...listed.subarray(at(begin), at(end))]).toEqual(live);
            next = at(end);
          }
      }
    });
});

describe.each(variants)("live_list_of_candidates, $variant", ({ relaxed }) => {
  for (const channels of [1, 5, 40])
    test.each([1, 3, 13])(`of ${channels} channels, up to %i candidates`, (most) => {
      const random = randomValues(channels + most);
      const pixels = 5;
      const count = Math.min(channels, most);
      const candidates = Array.from({ length: channels }, (_, c) => c).filter(
        (c) => c < count || random.chance(0.2),
      );
      const chosen = candidates.slice(-count);
      // Channels that are no candidates are not read.
      const values = Float32Array.from({ length: pixels * channels }, (_, u) =>
        chosen.includes(u % channels) ? random.pick(VALUES) : 3,
      );
      const kernels = new WasmKernels(relaxed);
      const list = kernels.input(Int32Array.from([-1, ...chosen, -1]));
      const table = kernels.inout(new Int32Array(2 * pixels).fill(-1));
      const entries = kernels.inout(new Int32Array(pixels * channels).fill(-1));
      kernels.call("live_list_of_candidates", pixels, {
        values: kernels.input(values),
        low: floatBits(0),
        high: floatBits(6),
        channels,
        candidates: kernels.input(Int32Array.of(list.at + 4, list.at + 4 * (1 + chosen.length))),
        table,
        entries,
      });
      for (let p = 0; p < pixels; p++) {
        const [begin, end] = table.values().subarray(2 * p);
        const live = chosen.filter((c) => isLive(values[p * channels + c]));
        expect((begin - entries.at) / 4).toBe(p * channels);
        expect([...entries.values().subarray((begin - entries.at) / 4, (end - entries.at) / 4)]).toEqual(
          live,
        );
      }
    });
});
