import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planDeepfool } from "../../src/engines/webgpu/deepfool_plan.js";
import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { FINISHED, NOT_A_NUMBER } from "../../src/kernels/deepfool_step/wgsl_state.js";
import { argmax, candidatesFor, topClasses } from "../../src/kernels/top_classes/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { runDispatches } from "../support/wgsl_kernel.js";

const [NaN_, INF] = [Number.NaN, Infinity];

/** Scores of which the order is easy to get wrong. */
const HOSTILE = [
  [NaN_, 1, -INF, NaN_, INF, -2, INF],
  [NaN_, -INF, 0, -0, 0, 1e-45, -1e-45],
  [-INF, NaN_, -INF, NaN_, NaN_, -INF, NaN_],
  [NaN_, NaN_, NaN_, NaN_, NaN_, NaN_, NaN_],
  [-0, 0, NaN_, -0, 0, -INF, NaN_],
  [3, 3, NaN_, 5, 5, 5, -INF],
];

describe("the order of scores", () => {
  test("by hand: NaN counts as -infinity, ties go to the lower index", () => {
    expect(HOSTILE.map((row) => [...topClasses(row, 0, 7, 7)])).toEqual([
      [4, 6, 1, 5, 0, 2, 3],
      [5, 2, 3, 4, 6, 0, 1],
      [0, 1, 2, 3, 4, 5, 6],
      [0, 1, 2, 3, 4, 5, 6],
      [0, 1, 3, 4, 2, 5, 6],
      [3, 4, 5, 0, 1, 2, 6],
    ]);
  });

  test("argmax is the first of topClasses, wherever the row starts", () => {
    const score = fc.oneof(fc.float(), fc.constantFrom(NaN_, INF, -INF, 0, -0, 1));
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 9 }), fc.nat(3), (row, start) => {
        const scores = [...new Array(start).fill(9e9), ...row];
        const [first] = topClasses(scores, start, row.length, 1);
        expect(argmax(scores, start, row.length)).toBe(first);
        if (start === 0) expect(argmax(scores)).toBe(first);
      }),
    );
  });
});

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);
  const CLASSES = 7;
  const builder = new NetworkBuilder([1, 1, 2], 1);
  const spec = builder.build(builder.gemm(builder.flatten(builder.input), CLASSES));
  const plan = planNetwork(buildNetwork(spec), resolveInput(undefined, 2));
  const loop = planDeepfool(plan);
  const logits = Float32Array.from(HOSTILE.flat());
  const images = HOSTILE.length;
  const words = (made: Float32Array | undefined) =>
    Array.from(new Uint32Array((made as Float32Array).slice().buffer));

  test("top_classes as the reference", async () => {
    const made = await runDispatches(device, plan.topClasses, new Map([[plan.logits, logits]]), {
      images,
      lanes: CLASSES,
    });
    expect(words(made.get(plan.wanted))).toEqual(
      HOSTILE.flatMap((row) => [...topClasses(row, 0, CLASSES, CLASSES)]),
    );
  });

  test("the start of a DeepFool run has the reference's candidates, and says where a logit is NaN", async () => {
    const start = { ...loop.start, params: { candidates: CLASSES, steps: 3 } };
    const given = Uint32Array.from(HOSTILE, (_, n) => (n % 2 ? n : 0xffffffff));
    const made = await runDispatches(
      device,
      [start],
      new Map<never, never>([
        [plan.logits, logits],
        [loop.tensors.given, given],
      ] as never),
      { images, lanes: CLASSES },
    );
    const labels = HOSTILE.map((row, n) => (n % 2 ? n : argmax(row)));
    expect(words(made.get(loop.tensors.candidates))).toEqual(
      HOSTILE.flatMap((row, n) => [...candidatesFor(Float32Array.from(row), labels[n], CLASSES)]),
    );
    expect(words(made.get(loop.tensors.state))).toEqual(
      HOSTILE.flatMap((row, n) => {
        const predicted = argmax(row);
        return [0, predicted, NOT_A_NUMBER | FINISHED, labels[n]];
      }),
    );
  });
});
