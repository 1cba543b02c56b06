import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deepfool } from "../../src/api/deepfool.js";
import { foolingRate } from "../../src/api/evaluate.js";
import type { MinimalOptions } from "../../src/api/minimal/options.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import type { Engine } from "../../src/engines/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { sharedImages } from "../support/images.js";
import { portionOf, slow } from "../support/portion.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { variants, wasm } from "./engines.js";

/** Golden DeepFool runs of the two networks; `shared/golden/README.md`. */
interface Golden {
  readonly imageSet: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly runs: Record<
    string,
    { readonly images: readonly { readonly l2: number; readonly linf: number }[] }
  >;
}

const ANYWHERE = [-Infinity, Infinity] as const;
const under = wasm("wasm", variants.slice(-1)[0], 0);

/** How many images, and what the median over all 64 may be as a share of DeepFool's. */
const MODELS = portionOf({
  quick: slow ? [] : [{ model: "mnist_cnn", count: 16, share: 0.75 }],
  slow: ["cifar10_resnet20", "mnist_cnn"].map((model) => ({ model, count: 64, share: 0.75 })),
});

describe.skipIf(!hasShared).each(MODELS)("minimal perturbations of $count images, $model", (subject) => {
  if (!hasShared) return;
  const { model, count, share } = subject;
  const golden: Golden = JSON.parse(readFileSync(sharedPath("golden", model, "golden.json"), "utf8"));
  const images = Float32Array.from(sharedImages(golden.imageSet, count));
  let engine: Engine;
  beforeAll(async () => {
    const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
    const { mean, std } = golden;
    engine = await under.create(network, resolveInput({ mean, std }, mean.length));
  });
  afterAll(() => engine.dispose());

  const median = (values: Iterable<number>) => {
    const sorted = [...values].sort((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  };

  test.each<[string, MinimalOptions, string, "l2" | "linf"]>([
    ["sdf", { bounds: ANYWHERE }, "lts4.l2.f64", "l2"],
    ["sdf within bounds", {}, "foolbox.l2.f64", "l2"],
    ["sdf, l_inf", { norm: Infinity, bounds: ANYWHERE }, "lts4.linf.f64", "linf"],
    ["sdf, paper", { variant: "paper", bounds: ANYWHERE }, "lts4.l2.f64", "l2"],
  ])("%s is nowhere longer than an independent DeepFool", async (_, options, run, norm) => {
    // All of them for the published comparison, some for the others.
    const taken = run === "lts4.l2.f64" ? count : Math.min(count, 16);
    const some = images.subarray(0, taken * sizeOf(engine.inputShape));
    const hit = await minimalPerturbation(engine, some, options);
    expect(hit.stalled).toBe(0);
    const theirs = golden.runs[run].images.slice(0, taken).map((image) => image[norm]);
    hit.norms.forEach((length, n) => {
      expect(length, `image ${n}`).toBeLessThanOrEqual(theirs[n]);
    });
    expect(hit.newLabels).toEqual((await engine.logits(hit.adversarial)).labels);
    if (taken < 64 || options.variant) return;
    expect(median(hit.norms) / median(theirs)).toBeLessThanOrEqual(share);
    expect(median(hit.alignment)).toBeGreaterThan(0.97);
  });

  test("fmn fools all, by less than DeepFool at the median", async () => {
    const some = images.subarray(0, Math.min(count, 16) * sizeOf(engine.inputShape));
    const hit = await minimalPerturbation(engine, some, { method: "fmn", bounds: ANYWHERE, steps: 60 });
    expect(hit.succeeded.every((one) => one === 1)).toBe(true);
    const theirs = golden.runs["lts4.l2.f64"].images.slice(0, hit.norms.length);
    expect(median(hit.norms)).toBeLessThan(median(theirs.map(({ l2 }) => l2)));
  });

  test("targets are reached", async () => {
    const first = images.subarray(0, 5 * sizeOf(engine.inputShape));
    const { labels } = await engine.logits(first);
    const targets = labels.map((label, n) => (label + n) % 10);
    for (const method of ["deepfool", "sdf", "fmn"] as const) {
      const hit = await minimalPerturbation(engine, first, { method, targets });
      expect([...hit.newLabels]).toEqual([...targets]);
      expect([...hit.norms].map((norm) => norm === 0)).toEqual([
        true,
        ...new Array(targets.length - 1).fill(false),
      ]);
    }
  });

  test("on 8 bits all still fool, where hardly a rounded DeepFool does", async () => {
    const some = images.subarray(0, 20 * sizeOf(engine.inputShape));
    const base = await deepfool(engine, some, { bounds: engine.range });
    const hit = await minimalPerturbation(engine, some, { method: "deepfool", levels: 256 });
    expect(hit.rounded).toEqual(hit.succeeded);
    expect(hit.succeeded.every((one) => one === 1)).toBe(true);
    const size = sizeOf(engine.inputShape);
    const rates = await Promise.all(
      [base.perturbation, hit.perturbation].map(async (all) => {
        let fooled = 0;
        for (let n = 0; n * size < some.length; n++) {
          const own = (values: Float32Array) => values.slice(n * size, (n + 1) * size);
          const { rounded } = await foolingRate(engine, own(some), own(all), { levels: 256 });
          fooled += rounded?.rate ?? 0;
        }
        return fooled / (some.length / size);
      }),
    );
    expect(rates[1]).toBe(1);
    expect(rates[0]).toBeLessThan(0.5);
  });
});
