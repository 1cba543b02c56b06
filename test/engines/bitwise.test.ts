import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gradient } from "../../src/api/gradient.js";
import type { DeepfoolRequest, Engine } from "../../src/engines/engine.js";
import { topClasses } from "../../src/kernels/top_classes/reference.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { portionOf, quick, quickTest, slowTest } from "../support/portion.js";
import { randomValues } from "../support/random_values.js";
import { chromiumEngines } from "./chromium_engines.js";
import { expectSameBits } from "./comparison.js";
import { type EngineUnderTest, variants, wasm, wasmEngines } from "./engines.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { webgpuEngines } from "./webgpu_engines.js";

const CLASSES = 40;
const N = 6;
const network = mixedNetwork(CLASSES);
const input = resolveInput({ mean: [0.5, 0.4, 0.3], std: [0.25, 0.5, 0.2] }, 3);
const images = imagesOf(network, N);
const size = sizeOf(network.input.shape);
const image = (n: number) => images.subarray(n * size, (n + 1) * size);

const request: DeepfoolRequest = {
  norm: 2,
  profile: "lts4",
  classes: 20,
  steps: 8,
  overshoot: 0.02,
  trace: true,
};

const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [...wasmEngines, ...webgpuEngines],
  slow: [...(quick ? [] : webgpuEngines), ...chromiumEngines],
});

describe.each(engines)("$name, bit for bit", (under) => {
  // Many calls, which take a software GPU a quarter of a minute, and few.
  const costly = (webgpuEngines as readonly EngineUnderTest[]).includes(under);
  const [manyCalls, fewCalls] = costly ? [slowTest, quickTest] : [test, test];
  let engine: Engine;
  beforeAll(async () => {
    engine = await under.create(network, input);
  });
  afterAll(() => engine.dispose());

  manyCalls("an image's answers do not depend on its batch", async () => {
    const whole = await engine.jacobian(images, { classes: 10 });
    const { logits, labels } = await engine.logits(images);
    expectSameBits(logits, whole.logits, "logits");
    expect(whole.values.some((value) => value !== 0)).toBe(true);
    const row = 10 * size;
    const random = randomValues(3);
    for (let round = 0; round < 12; round++) {
      const picked = Array.from({ length: random.integer(1, N + 2) }, () => random.integer(0, N - 1));
      const batch = new Float32Array(picked.length * size);
      picked.forEach((n, at) => {
        batch.set(image(n), at * size);
      });
      const answer = await engine.jacobian(batch, { classes: 10 });
      const scores = await engine.logits(batch);
      picked.forEach((n, at) => {
        const what = `image ${n} in ${picked}`;
        expectSameBits(
          answer.values.subarray(at * row, (at + 1) * row),
          whole.values.subarray(n * row, (n + 1) * row),
          what,
        );
        expectSameBits(
          scores.logits.subarray(at * CLASSES, (at + 1) * CLASSES),
          logits.subarray(n * CLASSES, (n + 1) * CLASSES),
          what,
        );
        expect(scores.labels[at]).toBe(labels[n]);
      });
    }
  });

  manyCalls("1 to 33 rows, counted or named, in any order, with duplicates", async () => {
    const all = await engine.jacobian(image(0), { classes: CLASSES });
    expect([...all.classes]).toEqual([...topClasses(all.logits, 0, CLASSES, CLASSES)]);
    const rowOf = (c: number) => {
      const k = all.classes.indexOf(c);
      return all.values.subarray(k * size, (k + 1) * size);
    };
    const random = randomValues(5);
    for (let k = 1; k <= 33; k++) {
      const counted = await engine.jacobian(image(0), { classes: k });
      expect([...counted.classes]).toEqual([...all.classes.subarray(0, k)]);
      expectSameBits(counted.values, all.values.subarray(0, k * size), `${k} rows, counted`);
      const named = Int32Array.from({ length: k }, () => random.integer(0, CLASSES - 1));
      const answer = await engine.jacobian(image(0), { classes: named });
      expect([...answer.classes]).toEqual([...named]);
      named.forEach((c, at) => {
        expectSameBits(
          answer.values.subarray(at * size, (at + 1) * size),
          rowOf(c),
          `class ${c} in ${named}`,
        );
      });
    }
  });

  fewCalls("different classes for each image", async () => {
    const classes = Int32Array.from({ length: 3 * 13 }, (_, i) => (7 * i) % CLASSES);
    const answer = await engine.jacobian(images.subarray(0, 3 * size), { classes });
    for (let n = 0; n < 3; n++) {
      const own = classes.subarray(13 * n, 13 * (n + 1));
      const alone = await engine.jacobian(image(n), { classes: own });
      expectSameBits(
        alone.values,
        answer.values.subarray(13 * n * size, 13 * (n + 1) * size),
        `image ${n}, classes ${own}`,
      );
    }
  });

  fewCalls("earlier calls leave nothing behind", async () => {
    const first = await engine.jacobian(image(0), { classes: 12 });
    await engine.jacobian(image(1), { classes: 33 });
    await engine.logits(image(2));
    await engine.deepfool?.(image(3), request);
    await gradient(engine, image(3), { loss: "logit", labels: [1] });
    const again = await engine.jacobian(image(0), { classes: 12 });
    expectSameBits(again.values, first.values, "the same image again");
  });
});

describe.each(quick ? variants : [])("%s, bit for bit", (variant) => {
  test("0, 1, 2 and 4 threads agree", async () => {
    const answers = [];
    for (const threads of [0, 1, 2, 4]) {
      using engine = await wasm(`wasm-${variant}-${threads}`, variant, threads).create(network, input);
      const jacobian = await engine.jacobian(images, { classes: 10 });
      const deepfool = await engine.deepfool!(images, request);
      const { labels } = await engine.logits(images);
      const sum = await engine.gradient(images, { loss: "crossEntropy", labels, sum: true });
      answers.push({ threads, jacobian, deepfool, sum });
    }
    const [{ jacobian, deepfool, sum }, ...others] = answers;
    expect(Math.max(...deepfool.iterations)).toBeGreaterThan(0);
    for (const { threads, jacobian: other, deepfool: run, sum: otherSum } of others) {
      expectSameBits(otherSum.values, sum.values, `sum of gradients, ${threads} threads`);
      expectSameBits(other.logits, jacobian.logits, `logits, ${threads} threads`);
      expectSameBits(other.values, jacobian.values, `Jacobian, ${threads} threads`);
      expectSameBits(run.perturbation, deepfool.perturbation, `perturbation, ${threads} threads`);
      expect(run.chosen).toEqual(deepfool.chosen);
      expect([...run.newLabels]).toEqual([...deepfool.newLabels]);
    }
  });
});
