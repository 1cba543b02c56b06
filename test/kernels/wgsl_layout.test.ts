import { describe, test } from "vitest";
import type { Operator, Shape } from "../../src/network/spec.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";

const gpu = await openGpu();

/** Copies only: exact but for what is added. */
const EXACT = { forward: 0, vjp: 0 };

describe.skipIf(!gpu)("WGSL of concat, slice and transpose", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  const concats: [number, Shape[]][] = [
    [0, [[5]]],
    [0, [[1], [2], [4]]],
    [
      2,
      [
        [2, 3, 4],
        [2, 3, 8],
      ],
    ],
    [
      2,
      [
        [3, 3, 4],
        [3, 3, 3],
        [3, 3, 5],
      ],
    ],
    [
      2,
      [
        [5, 5, 16],
        [5, 5, 4],
        [5, 5, 12],
        [5, 5, 8],
      ],
    ],
    [
      2,
      [
        [2, 3, 4],
        [2, 3, 8],
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 12],
      ],
    ],
    [2, Array.from({ length: 9 }, (_, i) => [3, 2, i + 1])],
    [
      1,
      [
        [3, 2, 4],
        [3, 5, 4],
      ],
    ],
    [
      0,
      [
        [1, 2, 3],
        [4, 2, 3],
      ],
    ],
  ];
  for (const [axis, shapes] of concats)
    for (const choice of [0, 1, 2, 3])
      test(`concat of ${shapes.map((s) => `[${s}]`).join(" ")} on axis ${axis}, choice ${choice}`, () =>
        expectStep(device, randomStep({ op: "Concat", axis }, shapes, choice), EXACT));

  for (const choice of [0, 1, 2, 3])
    test(`concat of the same value twice, choice ${choice}`, () => {
      const shape = [3, 4, 4];
      const step = randomStep({ op: "Concat", axis: 2 }, [shape, shape, shape], choice);
      const inputs = step.inputs.map(([a, b]) => [a, b, a]);
      return expectStep(device, { ...step, names: ["a", "b", "a"], inputs }, EXACT);
    });

  const moves: [Operator, Shape][] = [
    [{ op: "Slice", starts: [1, 1, 0], ends: [3, 4, 5] }, [4, 5, 5]],
    [{ op: "Slice", starts: [1, 1, 0], ends: [3, 4, 8] }, [4, 5, 8]],
    [{ op: "Slice", starts: [0, 1, 4], ends: [4, 5, 12] }, [4, 5, 16]],
    [{ op: "Slice", starts: [0, 1, 2], ends: [4, 5, 6] }, [4, 5, 8]],
    [{ op: "Slice", starts: [0, 0, 0], ends: [1, 1, 1] }, [1, 1, 1]],
    [{ op: "Slice", starts: [3], ends: [70] }, [131]],
    [{ op: "Slice", starts: [4], ends: [8] }, [9]],
    ...[
      [0, 1, 2],
      [1, 0, 2],
      [2, 1, 0],
      [0, 2, 1],
    ].flatMap((perm): [Operator, Shape][] => [
      [{ op: "Transpose", perm }, [3, 5, 4]],
      [{ op: "Transpose", perm }, [4, 3, 7]],
    ]),
  ];
  for (const [operator, shape] of moves)
    for (const choice of [0, 1, 2, 3])
      test(`${JSON.stringify(operator)} of [${shape}], choice ${choice}`, () =>
        expectStep(device, randomStep(operator, [shape], choice), EXACT));
});
