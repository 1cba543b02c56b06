import { describe, expect, test } from "vitest";
import { sizesAround } from "../support/sizes.js";
import { type ConvLayer, convLayer, WINDOWS, windowName } from "../support/testers/conv_layer.js";
import {
  expectConvVjp,
  expectedVjp,
  runConvVjp,
  VJP_LANES,
  type VjpCall,
  type VjpDataOptions,
  type VjpStart,
  vjpData,
} from "../support/testers/conv_vjp.js";
import { variants } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

const STARTS: readonly VjpStart[] = ["zero", "accumulate", "copy", "masked copy"];
const DENSITIES = [0.3, 1, 0.6, 0.1];

/** Live units and cotangents with what is expected of them, by start; both variants share it. */
function cached(layer: ConvLayer, options: VjpDataOptions = {}, part?: readonly [number, number]) {
  const data = vjpData(layer, options);
  const known = new Map<VjpStart, ReturnType<typeof expectedVjp>>();
  const expected = (start: VjpStart) => {
    const found = known.get(start) ?? expectedVjp(data, start, part);
    known.set(start, found);
    return found;
  };
  return { data, expected };
}

const windows = WINDOWS.map((window, i) => ({
  name: windowName(window),
  start: STARTS[i % 4],
  ...cached(convLayer(window, 1 + ((5 * i) % 9), 1 + ((7 * i) % 11)), {
    seed: i,
    xDensity: DENSITIES[(i + (i >> 2)) % 4],
    yDensity: DENSITIES[(i >> 1) % 4],
  }),
}));

const pointwise = (depth: number, filters: number, width = 2) =>
  convLayer({ size: [1, width], kernel: [1, 1] }, depth, filters);

/** Of live inputs of a pixel: all that a tile may be left with, two tiles and more. */
const inputCounts = Array.from({ length: 17 }, (_, i) =>
  cached(pointwise(i + 1, 5), { xDensity: 1, yDensity: 1 }),
);
/** Of live outputs under a pixel, around the chunks of 64 that tiles run through, the last up to 96. */
const outputCounts = [...sizesAround(64), 7, 8, 9, 95, 96, 97, 159, 160, 161].map((filters) =>
  cached(pointwise(7, filters), { yDensity: 1 }),
);

describe.each(variants)("conv_vjp, $variant: error <= m u sum |w gy|", ({ relaxed }) => {
  test.each(windows)("$name, start: $start", ({ data, expected, start }) => {
    const all = VJP_LANES.map((lanes) => {
      const call = { lanes, start };
      const gx = expectConvVjp(relaxed, data, expected(start), call);
      // Nothing of how tensors lie or lists start over shows.
      expectSame(runConvVjp(relaxed, data, { ...call, listBytes: 0 }), gx);
      const masked = start === "masked copy";
      const compact = masked ? "y" : "both";
      expectSame(runConvVjp(relaxed, data, { ...call, compact, slice: [3, 2] }), gx);
      expectSame(runConvVjp(relaxed, data, { ...call, slice: [1, 2] }), gx);
      return gx;
    });
    // A lane does not see how many others there are.
    for (const [i, gx] of all.entries()) {
      const stride = 4 * Math.ceil(VJP_LANES[i] / 4);
      const narrow = gx.filter((_, j) => j % stride < 4);
      expectSame(narrow, all[0]);
    }
  });

  test.each(STARTS)("1 to 17 live inputs of a pixel, start: %s", (start) => {
    for (const { data, expected } of inputCounts)
      for (const lanes of VJP_LANES) {
        const gx = expectConvVjp(relaxed, data, expected(start), { lanes, start });
        expectSame(runConvVjp(relaxed, data, { lanes, start, unmasked: true }), gx);
      }
  });

  test.each(["zero", "accumulate", "masked copy"] as const)(
    "1 to 199 live outputs under a pixel, start: %s",
    (start) => {
      for (const { data, expected } of outputCounts)
        for (const lanes of VJP_LANES) expectConvVjp(relaxed, data, expected(start), { lanes, start });
    },
  );

  describe("lists of long rows", () => {
    const wide = cached(convLayer({ size: [2, 23], kernel: [3, 3], pads: [1, 1, 1, 1] }, 5, 12), {
      yDensity: 0.9,
    });
    // A column of a 3x3 kernel lists up to 36 pairs of 8 bytes.
    test.each([0, 8, 200, 288, 600, 864, 5000])("start over beyond %i bytes", (listBytes) => {
      for (const lanes of VJP_LANES)
        expectConvVjp(relaxed, wide.data, wide.expected("zero"), { lanes, listBytes });
    });

    test("of every unit, one list for all pixels", () => {
      const { data, expected } = cached(wide.data.layer, { xDensity: 1, yDensity: 1 });
      for (const lanes of VJP_LANES)
        for (const listBytes of [undefined, 0])
          expectConvVjp(relaxed, data, expected("zero"), { lanes, listBytes, unmasked: true });
    });
  });

  describe("blocks of channels", () => {
    // 40 channels in blocks of 16, the last half full; or after blocks of others.
    const layer = convLayer({ size: [3, 4], kernel: [2, 2], pads: [1, 0, 0, 1] }, 40, 6);
    const { data, expected } = cached(layer);
    const between = cached(layer, { xGap: [32, 0] });
    test.each(VJP_LANES)("%i lanes", (lanes) => {
      const whole = expectConvVjp(relaxed, data, expected("zero"), { lanes });
      for (const block of [16, 32]) {
        const call = { lanes, block, start: "accumulate" } as const;
        expectConvVjp(relaxed, data, expected("accumulate"), call);
        expectSame(runConvVjp(relaxed, data, { lanes, block, compact: "both" }), whole);
        expectConvVjp(relaxed, between.data, between.expected("accumulate"), call);
      }
    });

    test.each(VJP_LANES)("a group of its own between others, %i lanes", (lanes) => {
      const { data, expected } = cached(convLayer(WINDOWS[3], 5, 6), { xGap: [10, 5] });
      for (const compact of [undefined, "both"] as const)
        expectConvVjp(relaxed, data, expected("zero"), { lanes, block: 5, slice: [6, 12], compact });
    });
  });

  describe("parts of the filters", () => {
    const layer = convLayer({ size: [3, 5], kernel: [3, 2], pads: [1, 1, 1, 0] }, 6, 22);
    const parts = (
      [
        [0, 8],
        [8, 4],
        [12, 8],
        [20, 2],
      ] as const
    ).map((part) => ({
      part,
      ...cached(layer, {}, part),
    }));
    test.each(parts)("$part.1 from $part.0", ({ part, data, expected }) => {
      for (const lanes of VJP_LANES) {
        const call: VjpCall = { lanes, part, listBlock: 4, start: "accumulate" };
        const gx = expectConvVjp(relaxed, data, expected("accumulate"), call);
        for (const [slice, listBlock, compact] of [
          [[0, 0], 4, "both"],
          [[8, 4], 2, "both"],
          [[3, 5], 4, undefined],
        ] as const)
          expectSame(runConvVjp(relaxed, data, { ...call, slice, listBlock, compact }), gx);
      }
    });
  });

  describe("nothing is live", () => {
    const layer = convLayer(WINDOWS[3], 5, 6);
    const [noInputs, noOutputs] = [vjpData(layer, { xDensity: 0 }), vjpData(layer, { yDensity: 0 })];
    for (const lanes of VJP_LANES)
      test.each(STARTS)(`${lanes} lanes, start: %s`, (start) => {
        for (const compact of [undefined, ...(start === "masked copy" ? [] : ["both" as const])]) {
          const gx = runConvVjp(relaxed, noInputs, { lanes, start, compact });
          expect(gx.every(Number.isNaN)).toBe(true);
          // Without outputs what was there stays, exactly.
          expectConvVjp(relaxed, noOutputs, expectedVjp(noOutputs, start), { lanes, start, compact });
        }
      });
  });

  test.each(VJP_LANES)(
    "NaN and infinity stay in their lane and reach what they lie over; denormals pass, %i lanes",
    (lanes) => {
      const layer = convLayer({ size: [3, 4], kernel: [1, 1] }, 3, 2, {
        weights: Float32Array.of(1, 0, 0, 1, 1, 1),
      });
      const clean = vjpData(layer, { xDensity: 1, yDensity: 1 });
      const stride = 4 * Math.ceil(lanes / 4);
      for (const [k, odd] of [Number.NaN, Infinity, 2 ** -149, 5].entries()) {
        const gy = clean.gy.slice();
        const lane = k === 3 ? lanes - 1 : k;
        // Output channel 0 of pixel 5 is all that feeds its input channel 0.
        gy[(5 * 2 + 0) * 12 + lane] = odd;
        gy[(5 * 2 + 1) * 12 + lane] = 0;
        const gx = runConvVjp(relaxed, { ...clean, gy }, { lanes });
        const before = runConvVjp(relaxed, clean, { lanes });
        expect(gx[5 * 3 * stride + lane]).toBe(odd);
        gx.forEach((value, i) => {
          if (Math.floor(i / stride / 3) !== 5 || i % stride !== lane) expect(value).toBe(before[i]);
        });
      }
    },
  );
});
