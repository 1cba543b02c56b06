import { beforeAll, describe, expect, test } from "vitest";
import type { DeepfoolRequest, DeepfoolRun, Jacobian } from "../../src/engines/engine.js";
import type { Gradient } from "../../src/engines/gradient.js";
import { createWebgpuEngine, type WebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { Tuning } from "../../src/engines/webgpu/tuning.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { observe } from "../support/observed_device.js";
import { oneIn, quickTest, slow, slowTest } from "../support/portion.js";
import { expectSameBits } from "./comparison.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

const CLASSES = 14;
const N = 5;
const network = mixedNetwork(CLASSES);
const input = resolveInput({ mean: 0.5, std: 0.25 }, 3);
const images = imagesOf(network, N);
const size = sizeOf(network.input.shape);
const request: DeepfoolRequest = {
  norm: 2,
  profile: "lts4",
  classes: 10,
  steps: 6,
  overshoot: 0,
  trace: true,
};

interface Answers {
  readonly logits: Float32Array;
  readonly sum: Gradient;
  readonly counted: Jacobian;
  readonly named: Jacobian;
  readonly l2: DeepfoolRun;
  readonly linf: DeepfoolRun;
}

const named = Int32Array.from({ length: 9 * N }, (_, i) => (5 * i) % CLASSES);

async function everything(engine: WebgpuEngine): Promise<Answers> {
  const { logits } = await engine.logits(images);
  return {
    logits,
    sum: await engine.gradient(images, {
      ...{ loss: "margin", labels: new Int32Array(N), kappa: Infinity, sum: true },
      ...{ shift: new Float32Array(size).fill(0.25), bounds: [0, 1] },
    }),
    counted: await engine.jacobian(images, { classes: 10 }),
    named: await engine.jacobian(images, { classes: named }),
    l2: await engine.deepfool!(images, request),
    linf: await engine.deepfool!(images, { ...request, norm: Infinity, profile: "foolbox", bounds: [0, 1] }),
  };
}

function expectSame(ours: Answers, theirs: Answers): void {
  expectSameBits(ours.logits, theirs.logits, "logits");
  expectSameBits(ours.sum.values, theirs.sum.values, "sum of gradients");
  for (const key of ["counted", "named"] as const) {
    expectSameBits(ours[key].classes, theirs[key].classes, `${key}: classes`);
    expectSameBits(ours[key].logits, theirs[key].logits, `${key}: logits`);
    expectSameBits(ours[key].values, theirs[key].values, `${key}: gradients`);
  }
  for (const key of ["l2", "linf"] as const) {
    expectSameBits(ours[key].labels, theirs[key].labels, `${key}: labels`);
    expectSameBits(ours[key].newLabels, theirs[key].newLabels, `${key}: new labels`);
    expectSameBits(ours[key].iterations, theirs[key].iterations, `${key}: iterations`);
    expectSameBits(ours[key].perturbation, theirs[key].perturbation, `${key}: perturbations`);
    expect(ours[key].chosen).toEqual(theirs[key].chosen);
  }
}

describe.skipIf(!gpu)("a call that does not fit at once has the bits of one that does", () => {
  let whole: Answers;
  let submissions: number;

  const run = async (limit: number | undefined, tuning: Partial<Tuning>) => {
    const observed = observe(
      await sharedDevice(),
      limit === undefined ? {} : { maxStorageBufferBindingSize: limit, maxBufferSize: limit },
    );
    using engine = await createWebgpuEngine(network, input, { device: observed.device }, tuning);
    const answers = await everything(engine);
    return { answers, observed };
  };

  beforeAll(async () => {
    const { answers, observed } = await run(undefined, {});
    whole = answers;
    submissions = observed.submissions;
    expect(Math.max(...whole.l2.iterations)).toBeGreaterThan(2);
  });

  // The five images take 2 MB with ten cotangents each; the last budget is one cotangent of one image.
  test.each(slow ? [1e6, 1] : [])("in %d bytes", async (memoryBudget) => {
    const { answers, observed } = await run(undefined, { memoryBudget });
    expect(observed.submissions).toBeGreaterThan(submissions);
    expectSame(answers, whole);
  });

  // The largest tensor has 26 channels of 99 pixels for each cotangent, the weights of the largest layer 53,760 bytes.
  test.each(oneIn(2, [54_000, 2 ** 17]))("in buffers of %d bytes", async (limit) => {
    const { answers, observed } = await run(limit, {});
    expect(observed.submissions).toBeGreaterThan(submissions);
    expect(observed.largest).toBeLessThanOrEqual(limit);
    expectSame(answers, whole);
  });

  slowTest("with dispatches sized on the device, whatever their size", async () => {
    const { answers } = await run(undefined, { worthScheduling: 1 });
    expectSame(answers, whole);
  });

  quickTest("where results and states are larger than tensors: four pixels and two classes", async () => {
    const builder = new NetworkBuilder([1, 2, 2], 3);
    const tiny = buildNetwork(builder.build(builder.gemm(builder.flatten(builder.input), 2)));
    const many = imagesOf(tiny, 500);
    const observed = observe(await sharedDevice(), {
      maxStorageBufferBindingSize: 4096,
      maxBufferSize: 4096,
    });
    const few = { ...request, classes: 2 };
    using unlimited = await createWebgpuEngine(tiny, resolveInput(undefined, 2), {
      device: await sharedDevice(),
    });
    using engine = await createWebgpuEngine(tiny, resolveInput(undefined, 2), { device: observed.device });
    const [theirs, ours] = [await unlimited.deepfool!(many, few), await engine.deepfool!(many, few)];
    expectSameBits(ours.perturbation, theirs.perturbation, "perturbations");
    expectSameBits(ours.iterations, theirs.iterations, "iterations");
    expect(ours.chosen).toEqual(theirs.chosen);
    const gradients = await Promise.all([unlimited, engine].map((e) => e.jacobian(many, { classes: 2 })));
    expectSameBits(gradients[1].values, gradients[0].values, "gradients");
    expect(observed.largest).toBeLessThanOrEqual(4096);
  });

  slowTest("image by image, after larger calls and before them", async () => {
    const device = await sharedDevice();
    using engine = await createWebgpuEngine(network, input, { device }, { memoryBudget: 1e6 });
    for (const n of [0, 4]) {
      const one = images.subarray(n * size, (n + 1) * size);
      const { values } = await engine.jacobian(one, { classes: 10 });
      const part = [n * 10 * size, (n + 1) * 10 * size] as const;
      expectSameBits(values, whole.counted.values.subarray(...part), `image ${n}`);
      const { perturbation } = await engine.deepfool!(one, request);
      expectSameBits(perturbation, whole.l2.perturbation.subarray(n * size, (n + 1) * size), `image ${n}`);
    }
    expectSame(await everything(engine), whole);
  });
});
