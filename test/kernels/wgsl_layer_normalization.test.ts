import { describe, test } from "vitest";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of layer normalization", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  // Below, at and above the invocations of a workgroup.
  test.each([2, 3, 5, 8, 63, 64, 65, 131])("rows of %i values within the rule", async (depth) => {
    const scale = Float32Array.from({ length: depth }, (_, i) => 1 + (i % 5) / 4);
    for (const choice of [0, 1, 2, 3])
      await expectStepByRule(
        device,
        randomStep({ op: "LayerNormalization", epsilon: 1 / 64, scale }, [[3, depth]], choice),
      );
  });
});
