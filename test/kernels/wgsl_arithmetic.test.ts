import { describe, expect, test } from "vitest";
import { type Node, type Shape, sizeOf } from "../../src/network/spec.js";
import { oneIn, quickTest } from "../support/portion.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runStep } from "../support/wgsl_step.js";

const gpu = await openGpu();

const PAIRS: readonly [Shape, Shape][] = [
  [[1], [1]],
  [
    [7, 3, 5],
    [7, 3, 5],
  ],
  [
    [4, 4, 8],
    [4, 4, 8],
  ],
  [[131], [1]],
  // Gates of squeeze-and-excitation, below, at and above the tile of 8 results and 32 slices.
  [
    [3, 3, 4],
    [1, 1, 4],
  ],
  [[7, 9, 12], [12]],
  [[4, 8, 32], [32]],
  [
    [5, 13, 36],
    [1, 1, 36],
  ],
  [[5, 5, 7], [7]],
  // Of one channel, of rows, of columns, of both.
  [
    [6, 5, 8],
    [6, 5, 1],
  ],
  [
    [6, 5, 3],
    [6, 1, 3],
  ],
  [
    [6, 5, 8],
    [1, 5, 8],
  ],
  [
    [6, 1, 4],
    [1, 5, 4],
  ],
  [
    [1, 5, 1],
    [6, 1, 3],
  ],
];

describe.skipIf(!gpu)("WGSL of arithmetic", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  for (const op of ["Add", "Sub", "Mul", "Max", "Min"] as const)
    for (const [i, pair] of PAIRS.entries())
      for (const shapes of oneIn(2, i % 2 === 0 ? [pair, pair.toReversed()] : [pair.toReversed(), pair]))
        test(`error <= u |y|, vjp (m + 1) u sum |.|: ${op} of [${shapes[0]}] and [${shapes[1]}]`, async () => {
          for (const choice of [i % 4, (i + 2) % 4]) {
            const step = randomStep({ op }, shapes, choice);
            const repeats = Math.max(...shapes.map((shape) => sizeOf(step.node.shape) / sizeOf(shape)));
            const absolute = { ...step.node, op: op === "Mul" ? "Mul" : "Add" } as Node;
            const bounds = { forward: 1, vjp: repeats + 1, magnitude: absolute };
            await expectStep(device, step, bounds);
            await expectStep(device, { ...step, clamp: { low: -1, high: 1.25 } }, bounds);
          }
        });

  for (const op of ["Add", "Sub", "Mul"] as const)
    for (const choice of [0, 1, 2, 3])
      quickTest(`${op} of a value and itself, choice ${choice}`, () => {
        const step = randomStep(
          { op },
          [
            [3, 5],
            [3, 5],
          ],
          choice,
        );
        const magnitude = { ...step.node, op: op === "Mul" ? "Mul" : "Add" } as Node;
        const inputs = step.inputs.map(([a]) => [a, a]);
        return expectStep(device, { ...step, names: ["a", "a"], inputs }, { forward: 1, vjp: 3, magnitude });
      });

  quickTest("NaN stays, infinity is clamped", async () => {
    const step = randomStep({ op: "Add" }, [[5], [5]], 0);
    const inputs = [
      [Float32Array.of(1, Number.NaN, Infinity, -Infinity, -0), Float32Array.of(2, 1, 1, 1, -0)],
    ];
    const { y } = await runStep(device, { ...step, inputs, clamp: { low: -7, high: 9 } });
    expect([...y]).toEqual([3, Number.NaN, 9, -7, -0]);
  });

  quickTest("a constant is there for every image", async () => {
    const data = Float32Array.of(1, -2, 3.5);
    const step = randomStep({ op: "Constant", shape: [3], data }, [], 0);
    const { y } = await runStep(device, {
      ...step,
      inputs: [[], []],
      slots: [0, 1],
      gy: new Float32Array(6),
    });
    expect([...y]).toEqual([...data, ...data]);
  });
});
