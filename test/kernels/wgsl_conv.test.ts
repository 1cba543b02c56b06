import { describe, expect, test } from "vitest";
import type { Conv, Node, Pads, Pair } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runStep } from "../support/wgsl_step.js";
import { expectSame } from "../support/within.js";

const gpu = await openGpu();

interface Case {
  readonly size: Pair;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: Pair;
  readonly groups?: number;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads?: Pads;
  /** What is done with the result: see `randomStep`. */
  readonly choice: number;
  readonly clamped?: boolean;
}

/**
 * Columns below, at and above the tiles of 4, 16, 32 and more, depths below and above what lies in workgroup memory at a
 * time, by fours and not; classes of pixels without taps, groups, windows off the image.
 */
const CASES: readonly Case[] = [
  { size: [7, 9], channels: 3, filters: 16, kernel: [3, 3], pads: [1, 1, 1, 1], choice: 2 },
  { size: [8, 7], channels: 16, filters: 32, kernel: [3, 3], strides: [2, 2], pads: [1, 0, 1, 1], choice: 1 },
  { size: [5, 6], channels: 32, filters: 65, kernel: [1, 1], choice: 0, clamped: true },
  {
    size: [6, 5],
    channels: 65,
    filters: 6,
    kernel: [3, 2],
    dilations: [2, 3],
    pads: [2, 3, 1, 0],
    choice: 3,
  },
  { size: [4, 5], channels: 64, filters: 34, kernel: [1, 2], groups: 2, pads: [0, 1, 1, 0], choice: 2 },
  {
    size: [7, 8],
    channels: 5,
    filters: 3,
    kernel: [3, 2],
    strides: [3, 4],
    pads: [2, 0, 1, 1],
    choice: 1,
    clamped: true,
  },
  {
    size: [9, 10],
    channels: 8,
    filters: 12,
    kernel: [2, 3],
    groups: 4,
    strides: [2, 1],
    dilations: [3, 2],
    pads: [2, 2, 2, 2],
    choice: 3,
  },
  {
    size: [2, 3],
    channels: 4,
    filters: 20,
    kernel: [3, 3],
    dilations: [4, 4],
    pads: [5, 5, 5, 5],
    choice: 0,
  },
];

const operatorOf = ({ channels, filters, kernel, groups = 1, ...window }: Case, seed: number): Conv => {
  const values = randomValues(seed);
  const random = (length: number) => Float32Array.from({ length }, () => values.uniform(-2, 2));
  return {
    op: "Conv",
    weights: random((kernel[0] * kernel[1] * channels * filters) / groups),
    bias: random(filters),
    filters,
    groups,
    kernel,
    strides: window.strides ?? [1, 1],
    dilations: window.dilations ?? [1, 1],
    pads: window.pads ?? [0, 0, 0, 0],
  };
};

describe.skipIf(!gpu)("WGSL of convolution", async () => {
  const device = gpu ? await requestTestDevice(gpu, { limits: "default" }) : (undefined as never);

  describe.each(["large", "small"])("%s tiles", (tiles) => {
    const small = tiles === "small";

    test.each(CASES.map((given, i) => ({ given, i, name: JSON.stringify(given) })))(
      "error <= (n + 2) u sum |w x|, vjp (m + 1) u sum |w gy|: $name",
      ({ given, i }) => {
        const operator = operatorOf(given, i);
        const { channels, filters, kernel, groups = 1, choice, clamped } = given;
        const step = randomStep(operator, [[...given.size, channels]], choice);
        const absolute = {
          ...step.node,
          weights: operator.weights.map(Math.abs),
          bias: operator.bias?.map(Math.abs),
        } as Node;
        const random = randomValues(i);
        const units = step.gy.length / (step.slots?.length ?? 1) / (step.lanes ?? 1);
        const residual = step.inputs.map(() =>
          Float32Array.from({ length: units }, () => random.uniform(-2, 2)),
        );
        const taps = kernel[0] * kernel[1];
        return expectStep(
          device,
          { ...step, small, ...(clamped && { clamp: { low: -0.5, high: 6 }, residual }) },
          {
            forward: (taps * channels) / groups + 2,
            vjp: (taps * filters) / groups + 1,
            magnitude: absolute,
          },
        );
      },
    );

    test("NaN and infinity reach the outputs that see them, and no other; denormals are no NaN", async () => {
      const given = CASES[0];
      const { size, channels, filters } = given;
      const step = randomStep(operatorOf(given, 1), [[...size, channels]], 0);
      const [[x]] = step.inputs;
      const { y: clean } = await runStep(device, { ...step, small });
      for (const odd of [Number.NaN, Infinity, 2 ** -149]) {
        const spoilt = x.slice();
        spoilt[(3 * size[1] + 4) * channels + 1] = odd;
        const { y } = await runStep(device, { ...step, small, inputs: [[spoilt]] });
        const sees = (u: number): boolean => {
          const pixel = Math.floor(u / filters);
          return Math.abs(Math.floor(pixel / size[1]) - 3) <= 1 && Math.abs((pixel % size[1]) - 4) <= 1;
        };
        for (const [u, value] of y.entries()) if (sees(u)) expect(Number.isFinite(value)).toBe(odd < 1);
        expectSame(
          y.filter((_, u) => !sees(u)),
          clean.filter((_, u) => !sees(u)),
        );
      }
    });
  });

  test("large and small tiles have the same bits", async () => {
    for (const [i, given] of CASES.entries()) {
      const step = randomStep(operatorOf(given, i), [[...given.size, given.channels]], given.choice);
      const [large, small] = [await runStep(device, step), await runStep(device, { ...step, small: true })];
      expectSame(small.y, large.y);
      for (const [name, values] of large.cotangents)
        expectSame(small.cotangents.get(name) as Float32Array, values);
    }
  });
});
