import { describe, test } from "vitest";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of sums along axes", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  test.each([
    [5, 3],
    [7, 70],
    [3, 1],
    [64, 1],
    [131, 1],
  ])("of %i values in %i columns within the rule", async (count, inner) => {
    for (const choice of [0, 1, 2, 3])
      await expectStepByRule(
        device,
        randomStep({ op: "ReduceMean", axes: [1] }, [[3, count, inner]], choice),
      );
  });
});
