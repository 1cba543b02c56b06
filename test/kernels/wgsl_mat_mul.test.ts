import { describe, test } from "vitest";
import type { Shape } from "../../src/network/spec.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStepByRule } from "../support/wgsl_rule_step.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of products of matrices", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  // Below, at and above the tile and the terms that workgroup memory holds.
  test.each([
    [1, 1, 1],
    [3, 8, 5],
    [31, 7, 33],
    [32, 9, 32],
    [5, 40, 4],
    [66, 3, 2],
  ])("%i x %i x %i within the rule", async (rows, depth, columns) => {
    for (const choice of [0, 1, 2, 3])
      for (const transposeB of [false, true]) {
        const b = transposeB ? [2, columns, depth] : [2, depth, columns];
        await check({ transposeB }, [[2, rows, depth], b], choice);
      }
  });

  test("one operand for all products, on either side", async () => {
    for (const choice of [0, 1, 2, 3]) {
      await check(
        {},
        [
          [3, 4, 5],
          [5, 2],
        ],
        choice,
      );
      await check(
        { transposeB: true },
        [
          [4, 5],
          [3, 2, 5],
        ],
        choice,
      );
    }
  });

  function check(attributes: { transposeB?: boolean }, shapes: readonly Shape[], choice: number) {
    return expectStepByRule(device, randomStep({ op: "MatMul", ...attributes }, shapes, choice));
  }
});
