import { describe, test } from "vitest";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of softmax", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  // Below, at and above the invocations of a workgroup.
  test.each([2, 3, 5, 8, 63, 64, 65, 131])("rows of %i values within the rule", async (depth) => {
    for (const choice of [0, 1, 2, 3])
      await expectStepByRule(device, randomStep({ op: "Softmax" }, [[3, depth]], choice));
  });
});
