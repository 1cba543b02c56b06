import { describe, test } from "vitest";
import type { Conv, Node, Pads, Pair } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";

const gpu = await openGpu();

interface Case {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads: Pads;
}

/** Widths below, at and above the four columns of an invocation, lopsided pads, windows off the image. */
const CASES: readonly Case[] = [
  { size: [1, 1], kernel: [1, 1], pads: [0, 0, 0, 0] },
  { size: [1, 1], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [3, 3], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [5, 4], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [3, 5], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 13], kernel: [3, 3], pads: [0, 0, 0, 0] },
  { size: [7, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [7, 9], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [9, 12], kernel: [5, 5], strides: [2, 2], pads: [1, 2, 2, 1] },
  { size: [7, 8], kernel: [3, 2], strides: [3, 1], pads: [2, 0, 1, 1] },
  { size: [8, 9], kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] },
  { size: [9, 10], kernel: [4, 3], strides: [2, 2], dilations: [3, 2], pads: [4, 3, 5, 2] },
  { size: [9, 11], kernel: [3, 3], strides: [4, 6], dilations: [6, 4], pads: [6, 6, 6, 6] },
  { size: [2, 3], kernel: [3, 3], dilations: [4, 4], pads: [5, 5, 5, 5] },
  { size: [3, 2], kernel: [2, 2], strides: [3, 2], pads: [3, 4, 3, 3] },
];

const ONE: Pair = [1, 1];
const SHAPES = [
  { channels: 2, multiplier: 1 },
  { channels: 4, multiplier: 1 },
  { channels: 12, multiplier: 1 },
  { channels: 7, multiplier: 1 },
  { channels: 4, multiplier: 3 },
  { channels: 3, multiplier: 4 },
];

describe.skipIf(!gpu)("WGSL of depthwise convolution", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  for (const [i, { size, kernel, strides = ONE, dilations = ONE, pads }] of CASES.entries())
    for (const [j, { channels, multiplier }] of SHAPES.entries())
      test(`error <= (taps + 2) u sum |w x|: ${JSON.stringify(CASES[i])}, ${channels} channels by ${multiplier}`, () => {
        const values = randomValues(i);
        const random = (length: number) => Float32Array.from({ length }, () => values.uniform(-2, 2));
        const filters = channels * multiplier;
        const operator: Conv = {
          op: "Conv",
          weights: random(kernel[0] * kernel[1] * filters),
          ...(j !== 0 && { bias: random(filters) }),
          filters,
          groups: channels,
          kernel,
          strides,
          dilations,
          pads,
        };
        const step = randomStep(operator, [[...size, channels]], (i + j) % 4);
        const absolute = {
          ...step.node,
          weights: operator.weights.map(Math.abs),
          bias: operator.bias?.map(Math.abs),
        } as Node;
        const taps = kernel[0] * kernel[1];
        return expectStep(
          device,
          { ...step, ...(j % 2 === 1 && { clamp: { low: -0.5, high: 2.5 } }) },
          { forward: taps + 2, vjp: taps * multiplier + 1, magnitude: absolute },
        );
      });
});
