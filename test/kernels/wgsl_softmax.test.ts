import { describe, expect, test } from "vitest";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";
import { runStep } from "../support/wgsl_step.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of softmax", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  // Below, at and above the invocations of a workgroup.
  test.each([2, 3, 5, 8, 63, 64, 65, 131])("rows of %i values within the rule", async (depth) => {
    for (const choice of [0, 1, 2, 3])
      await expectStepByRule(device, randomStep({ op: "Softmax" }, [[3, depth]], choice));
  });

  // The NaN in each of the places that invocations of a workgroup begin with, and behind them.
  test.each([0, 1, 63, 64, 130])("a row with a NaN at %i is NaN, its neighbours are not", async (at) => {
    const depth = 131;
    const step = randomStep({ op: "Softmax" }, [[3, depth]], 0);
    const [[x]] = step.inputs;
    const { y } = await runStep(device, { ...step, inputs: [[x.with(depth + at, Number.NaN)]] });
    const { y: clean } = await runStep(device, step);
    for (let u = 0; u < 3 * depth; u++)
      if (u >= depth && u < 2 * depth) expect(y[u]).toBeNaN();
      else expect(y[u]).toBe(clean[u]);
  });
});
