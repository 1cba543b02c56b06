import { describe, expect, test } from "vitest";
import type { Pads, Pair } from "../../src/network/spec.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runStep } from "../support/wgsl_step.js";

const gpu = await openGpu();

const WINDOWS: readonly [Pair, Pair, Pair, Pads][] = [
  [
    [1, 1],
    [1, 1],
    [1, 1],
    [0, 0, 0, 0],
  ],
  [
    [6, 8],
    [2, 2],
    [2, 2],
    [0, 0, 0, 0],
  ],
  [
    [7, 5],
    [3, 3],
    [2, 2],
    [0, 0, 0, 0],
  ],
  [
    [7, 5],
    [3, 3],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [6, 6],
    [3, 3],
    [2, 2],
    [0, 0, 1, 1],
  ],
  [
    [5, 4],
    [3, 2],
    [1, 1],
    [2, 0, 1, 1],
  ],
  [
    [7, 9],
    [2, 3],
    [3, 4],
    [0, 1, 0, 0],
  ],
  [
    [4, 3],
    [4, 3],
    [1, 1],
    [0, 0, 0, 0],
  ],
];

describe.skipIf(!gpu)("WGSL of max_pool", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  for (const [size, kernel, strides, pads] of WINDOWS)
    for (const channels of [1, 3, 4, 12, 17])
      for (const choice of [0, 1, 2, 3])
        test(`forward exact, vjp error <= m u sum |gy|: ${kernel} by ${strides}, pads ${pads}, of [${size},${channels}], choice ${choice}`, () => {
          const operator = { op: "MaxPool", kernel, strides, pads } as const;
          // Few different values, so that many windows have ties.
          const step = randomStep(operator, [[...size, channels]], choice, 1 / 2);
          return expectStep(device, step, { forward: 0, vjp: kernel[0] * kernel[1] });
        });

  for (const size of [
    [1, 1],
    [3, 5],
    [8, 9],
  ])
    for (const channels of [1, 4, 7])
      for (const choice of [0, 1, 2, 3])
        test(`global, exact: [${size},${channels}], choice ${choice}`, () =>
          expectStep(device, randomStep({ op: "GlobalMaxPool" }, [[...size, channels]], choice, 1 / 2), {
            forward: 0,
            vjp: 0,
          }));

  for (const channels of [1, 4])
    test(`a NaN wins only as the first of its window, as in the reference, ${channels} channels`, async () => {
      const operator = { op: "MaxPool", kernel: [1, 2], strides: [1, 2], pads: [0, 0, 0, 0] } as const;
      const step = randomStep(operator, [[1, 4, channels]], 0);
      const pixels = [Number.NaN, 1, -Infinity, Number.NaN];
      const x = Float32Array.from({ length: 4 * channels }, (_, u) => pixels[Math.floor(u / channels)]);
      const { y } = await runStep(device, { ...step, inputs: [[x]] });
      expect([...y]).toEqual(
        Array.from({ length: 2 * channels }, (_, u) => (u < channels ? Number.NaN : -Infinity)),
      );
    });
});
