import { describe, test } from "vitest";
import type { Pads, Pair, Resize } from "../../src/network/spec.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";

const gpu = await openGpu();
const CHANNELS = [1, 4, 5, 12];

describe.skipIf(!gpu)("WGSL of maps of pixels", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  const windows: [Pair, Pair, Pads][] = [
    [
      [2, 2],
      [2, 2],
      [0, 0, 0, 0],
    ],
    [
      [3, 3],
      [2, 2],
      [1, 1, 1, 1],
    ],
    [
      [3, 2],
      [1, 2],
      [2, 0, 1, 1],
    ],
    [
      [1, 1],
      [3, 3],
      [0, 0, 0, 0],
    ],
  ];
  for (const [kernel, strides, pads] of windows)
    for (const [choice, channels] of CHANNELS.entries())
      test(`average pool ${kernel} by ${strides} with pads ${pads}, ${channels} channels: error <= (n + 2) u sum |x| / n`, () => {
        const bound = kernel[0] * kernel[1] + 2;
        const step = randomStep({ op: "AveragePool", kernel, strides, pads }, [[7, 6, channels]], choice);
        return expectStep(device, step, { forward: bound, vjp: bound });
      });

  for (const size of [
    [1, 1],
    [1, 3],
    [2, 2],
    [5, 1],
    [7, 9],
  ])
    for (const [choice, channels] of CHANNELS.entries())
      test(`global average pool of [${size}], ${channels} channels: error <= (n + 2) u sum |x| / n`, () =>
        expectStep(device, randomStep({ op: "GlobalAveragePool" }, [[...size, channels]], choice), {
          forward: size[0] * size[1] + 2,
          vjp: 2,
        }));

  for (const pads of [
    [0, 0, 0, 0],
    [1, 2, 3, 0],
    [3, 0, 0, 1],
  ] as Pads[])
    for (const [choice, channels] of CHANNELS.entries())
      test(`pad by ${pads}, ${channels} channels: exact`, () =>
        expectStep(device, randomStep({ op: "Pad", pads }, [[3, 5, channels]], choice), {
          forward: 0,
          vjp: 0,
        }));

  for (const mode of ["nearest", "linear"] as const)
    for (const coordinates of ["asymmetric", "half_pixel", "align_corners"] as const)
      for (const size of [
        [8, 10],
        [3, 2],
        [7, 1],
      ] as Pair[])
        for (const [choice, channels] of CHANNELS.entries())
          test(`${mode} ${coordinates} resize to [${size}], ${channels} channels: error <= (m + 4) u sum |A x|`, () => {
            const operator: Resize = { op: "Resize", mode, coordinates, size };
            const step = randomStep(operator, [[4, 5, channels]], choice);
            return expectStep(device, step, { forward: mode === "nearest" ? 0 : 6, vjp: 16 + 4 });
          });
});
