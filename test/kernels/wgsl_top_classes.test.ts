import { describe, expect, test } from "vitest";
import { topClasses } from "../../src/kernels/top_classes/reference.js";
import { Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { sizesAround } from "../support/sizes.js";
import { oddScores } from "../support/testers/scores.js";
import { plansFor, runOne } from "../support/testers/wgsl_plans.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { expectSame } from "../support/within.js";

const gpu = await openGpu();
/** Around the classes that a workgroup looks at together. */
const CLASSES = sizesAround(64);

describe.skipIf(!gpu)("WGSL of top classes and their seeds", async () => {
  const device = gpu ? await requestTestDevice(gpu, { limits: "default" }) : (undefined as never);
  const IMAGES = 3;

  test.each(CLASSES)("as the reference, %i classes", async (classes) => {
    const { plan } = plansFor(2, Math.max(2, classes));
    const logits = oddScores(classes, IMAGES);
    const [top] = plan.topClasses;
    const tensor = new Tensor(classes, "images", "logits");
    const made = { ...top, reads: [tensor] };
    for (const lanes of new Set([1, Math.min(classes, 12), Math.min(classes, 70)])) {
      const call = { images: IMAGES, lanes, classes };
      const { words } = await runOne(device, made, [[tensor, logits]], call);
      const expected = Array.from({ length: IMAGES }, (_, n) => [
        ...topClasses(logits, n * classes, classes, lanes),
      ]);
      expect([...words(plan.wanted)]).toEqual(expected.flat());
    }
  });

  test("a seed is one in the lane of its class", async () => {
    const { plan } = plansFor(2, 70);
    const wanted = Uint32Array.of(69, 0, 5, 5, 63, 64);
    const [seeds] = plan.gradients;
    const { floats } = await runOne(device, seeds, [[plan.wanted, wanted]], { images: 2, lanes: 3 });
    expectSame(
      floats(plan.seeds),
      Float32Array.from({ length: 6 * 70 }, (_, i) => Number(i % 70 === wanted[Math.floor(i / 70)])),
    );
  });
});
