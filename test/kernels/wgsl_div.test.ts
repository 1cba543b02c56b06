import { describe, expect, test } from "vitest";
import type { Shape } from "../../src/network/spec.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";
import { runStep, type StepCase } from "../support/wgsl_step.js";

const gpu = await openGpu();

/** Below, at and above a workgroup, by fours and not; what is broadcast by channel, row, column and both. */
const PAIRS: readonly [Shape, Shape][] = [
  [[1], [1]],
  [[63], [63]],
  [[64], [64]],
  [[65], [65]],
  [[131], [1]],
  [[7, 9, 12], [12]],
  [
    [5, 3, 4],
    [1, 1, 4],
  ],
  [
    [6, 5, 8],
    [6, 5, 1],
  ],
  [
    [6, 1, 4],
    [1, 5, 4],
  ],
];

/** A step whose divisors are not near 0. */
function quotient(shapes: readonly Shape[], choice: number): StepCase {
  const step = randomStep({ op: "Div" }, shapes, choice);
  const inputs = step.inputs.map(([a, b]) => [a, b.map((x) => (x < 0 ? x - 0.25 : x + 0.25))]);
  return { ...step, inputs };
}

describe.skipIf(!gpu)("WGSL of quotients", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  for (const [i, pair] of PAIRS.entries())
    for (const shapes of [pair, pair.toReversed()])
      test(`value and factors of the cotangent within the rule: [${shapes[0]}] by [${shapes[1]}]`, async () => {
        for (const choice of [i % 4, (i + 2) % 4]) await expectStepByRule(device, quotient(shapes, choice));
      });

  test("by 0 it is not finite, and NaN stays", async () => {
    const step = randomStep({ op: "Div" }, [[5], [5]], 0);
    const inputs = [[Float32Array.of(1, -3, 0, Number.NaN, 6), Float32Array.of(0, 0, 0, 2, 4)]];
    const { y } = await runStep(device, { ...step, inputs });
    expect([...y].map(Number.isFinite)).toEqual([false, false, false, false, true]);
    expect(y[3]).toBeNaN();
  });
});
