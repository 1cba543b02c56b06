import { describe, expect, test } from "vitest";
import { livePatterns } from "../../src/engines/wasm/plan/live.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

/** What lies strictly inside (0, 6), what does not, and what no comparison accepts. */
const VALUES = [0.5, 3, 5.9, 1e-30, 0, -0, -1, 6, 7, Number.NaN, Infinity, -Infinity];

describe.each(variants)("live_list, $variant", ({ relaxed }) => {
  test.each([
    { height: 1, width: 1, channels: 1, block: 1 },
    { height: 2, width: 3, channels: 16, block: 16 },
    { height: 3, width: 5, channels: 7, block: 7 },
    { height: 4, width: 2, channels: 24, block: 8 },
    { height: 2, width: 4, channels: 22, block: 12 },
  ])("$height x $width x $channels in blocks of $block", ({ height, width, channels, block }) => {
    const random = randomValues(height * 100 + channels);
    const pixels = height * width;
    const values = Float32Array.from(
      { length: pixels * channels },
      () => VALUES[random.integer(0, VALUES.length - 1)],
    );
    const kernels = new WasmKernels(relaxed);
    const blocks = Math.ceil(channels / block);
    const table = kernels.inout(new Int32Array(pixels * (blocks + 1)));
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
    const at = (address: number): number => (address - entries.at) / 4;
    for (let row = 0; row < height; row++) {
      // The lists of a row lie one after the other.
      let next = row * width * channels;
      for (let p = row * width; p < (row + 1) * width; p++)
        for (let b = 0; b < blocks; b++) {
          const live = Array.from({ length: channels }, (_, c) => c).filter((c) => {
            const value = values[p * channels + c];
            return Math.floor(c / block) === b && value > 0 && value < 6;
          });
          const [begin, end] = table.values().subarray(p * (blocks + 1) + b);
          expect(at(begin)).toBe(next);
          expect([...entries.values().subarray(at(begin), at(end))]).toEqual(live);
          next = at(end);
        }
    }
  });
});
