import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { chooseVulkanDrivers, hastenLavapipe } from "./test/support/vulkan.js";

// Here, because drivers must be told before a worker starts.
chooseVulkanDrivers();
hastenLavapipe();
// What test files make once for all, they find by this (`test/support/once.ts`).
process.env.UNIFOOL_RUN = String(process.pid);

/** Suites of which `npm test` takes a part and `npm run test:slow` the rest; `test/support/portion.ts` tells them which. */
const DIVIDED = [
  ...["bitwise", "contract", "deepfool_loops", "equivalence", "golden_attacks", "golden_minimal"],
  ...["gradient_losses", "minimal", "pixels", "real_models", "reference_golden", "tfjs_operators"],
  ...["webgpu_chunks", "webgpu_crafting", "webgpu_dispatches", "worker_resources"],
]
  .map((name) => `test/engines/${name}.test.ts`)
  .concat(
    "test/api/golden_deepfool.test.ts",
    "test/kernels/wasm_depthwise.test.ts",
    "test/kernels/wgsl_arithmetic.test.ts",
    "test/network/shared_models.test.ts",
  );

/**
 * What takes minutes and seldom fails: compilers of all ages and bundlers are installed and run, software adapters compile
 * for seconds each kernel of these that `npm test` has not compiled otherwise, convolutions in groups are tried in 1300 ways,
 * Chromium takes seconds to end a worker, and people take theirs on the page.
 */
const SLOW = [
  "test/bench/browser.test.ts",
  "test/bench/run.test.ts",
  "test/browser/webgpu.test.ts",
  "test/browser/workers.test.ts",
  "test/kernels/wasm_conv_grouped.test.ts",
  "test/kernels/wgsl_dense.test.ts",
  "test/kernels/wgsl_half.test.ts",
  "test/package/bundlers.test.ts",
  "test/package/readme.test.ts",
  "test/package/types.test.ts",
  "test/package/webgpu.test.ts",
  "test/page/frames.test.ts",
  "test/page/longer.test.ts",
  "test/page/own_files.test.ts",
  "test/page/webgpu.test.ts",
];

/** Files that take longest, longest first, so that the last ones to run are short and no worker is left alone. */
const LONGEST = [
  "test/engines/golden_attacks.test.ts",
  "test/engines/equivalence.test.ts",
  "test/engines/golden_minimal.test.ts",
  "test/engines/real_models.test.ts",
  "test/page/page.test.ts",
  "test/browser/browser.test.ts",
  "test/browser/webgpu.test.ts",
  "test/engines/webgpu_crafting.test.ts",
  "test/engines/contract.test.ts",
  "test/engines/webgpu_chunks.test.ts",
  "test/page/longer.test.ts",
  "test/engines/minimal.test.ts",
  "test/engines/gradient_losses.test.ts",
  "test/engines/tfjs_operators.test.ts",
  "test/engines/gradient.test.ts",
  "test/engines/worker_resources.test.ts",
  "test/engines/bitwise.test.ts",
  "test/engines/deepfool_loops.test.ts",
  "test/package/examples.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.indexOf(relative(import.meta.dirname, moduleId));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    // For what hangs: how long a test takes is the machine's affair.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: SLOW,
          env: { UNIFOOL_TESTS: "quick" },
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: [...SLOW, ...DIVIDED],
          env: { UNIFOOL_TESTS: "slow" },
        },
      },
    ],
  },
});
