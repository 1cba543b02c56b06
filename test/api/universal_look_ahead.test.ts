import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepfool, runDeepfool } from "../../src/api/deepfool.js";
import { foolingRate } from "../../src/api/evaluate.js";
import { portableCraftingState } from "../../src/api/portable_crafting.js";
import { randomOrder, randomSource } from "../../src/api/random.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine } from "../../src/engines/engine.js";
import { PROFILE_NAMES } from "../../src/kernels/deepfool_step/profiles.js";
import { project } from "../../src/kernels.js";
import { type Classifier, curved, engineOf, randomImages } from "./analytic_engines.js";

const size = 10;
const count = 60;
const images = randomImages(count, size, 21);
const net = () => engineOf(curved(size, 4, 5));
const base = { method: "deepfool", norm: Infinity, radius: 0.12, delta: 0, passes: 3, seed: 4 } as const;

/** The algorithm as the paper states it, one image at a time, nothing clever. */
async function plainAlgorithm(engine: Engine, options: UniversalOptions) {
  const { radius = base.radius, norm = Infinity, passes = base.passes, seed = base.seed } = options;
  const { profile, steps = 10 } = options;
  const random = randomSource(seed);
  const clean = (await engine.logits(images)).labels;
  let v = new Float32Array(size);
  const history: object[] = [];
  for (let pass = 1; pass <= passes; pass++) {
    const work = { updates: 0, deepfools: 0, iterations: 0 };
    for (const i of randomOrder(count, random)) {
      const x = images.slice(i * size, (i + 1) * size).map((p, j) => p + v[j]);
      if ((await engine.logits(x)).labels[0] !== clean[i]) continue;
      const run = await deepfool(engine, x, { steps, classes: 10, profile, bounds: [-1e9, 1e9] });
      work.deepfools++;
      work.iterations += run.iterations[0];
      if (!run.succeeded[0] || run.iterations[0] >= steps - 1) continue;
      work.updates++;
      const sum = v.map((a, j) => a + run.perturbation[j]);
      v = new Float32Array(project(sum, { radius, norm }));
    }
    history.push({ pass, foolingRate: (await foolingRate(engine, images, v)).rate, ...work });
  }
  return { v, history };
}

/** What a run found, did and reported. */
async function craft(engine: Engine, options: UniversalOptions) {
  const reports: string[] = [];
  const uap = await universalPerturbation(engine, images, {
    ...options,
    onProgress: ({ pass, updates, perturbation }) => {
      const report = `${pass}/${updates}: ${perturbation.join()}`;
      if (updates > 0 && report !== reports.at(-1)) reports.push(report);
    },
  });
  return { ...uap, history: uap.history.map(({ seconds, ...work }) => work), reports };
}

/** The same engine on a device that judges many images as fast as one. */
const parallel = (engine: Engine): Engine => ({
  ...engine,
  craftingState: async (...given) => ({ ...portableCraftingState(engine, ...given), parallel: true }),
});

/** Infinite wherever the first pixel is large: DeepFool ends there. */
const unsound: Classifier = {
  ...curved(size, 4, 5),
  logits: (x) =>
    Array.from(curved(size, 4, 5).logits(x)).map((y, c) => (x[0] > 0.9 && c > 0 ? -Infinity : y)),
};

/** Engines with a DeepFool of their own, which take the prediction to leave, or take no notice of it. */
const ownLoop = (takesLabels: boolean): Engine => {
  const engine = net();
  return {
    ...engine,
    deepfool: (x, { labels, ...request }) =>
      runDeepfool(engine, x, takesLabels ? { ...request, labels } : request),
  };
};
/** Says what it predicted where it was asked to leave another class. */
const ownPredictions: Engine = {
  ...ownLoop(true),
  async deepfool(x, request) {
    const run = await runDeepfool(net(), x, request);
    return { ...run, labels: (await net().logits(x)).labels };
  },
};

describe("judging images ahead", () => {
  const engines: readonly (readonly [string, () => Engine])[] = [
    ["the portable loop", net],
    ["a device", () => parallel(net())],
    ["a DeepFool that takes labels", () => ownLoop(true)],
    ["a DeepFool that takes no labels", () => ownLoop(false)],
    ["a DeepFool that returns its predictions", () => ownPredictions],
    ["logits that are not finite", () => engineOf(unsound)],
  ];
  const runs: readonly UniversalOptions[] = [
    ...PROFILE_NAMES.map((profile) => ({ profile })),
    { norm: 2, radius: 0.3 },
    { steps: 3 },
    { radius: 0.6, seed: 7 },
  ];
  describe.each(engines)("%s", (_, make) => {
    it.each(runs)("equals the plain sequential algorithm bit by bit, %j", async (run) => {
      const options = { ...base, ...run };
      const { v, history } = await plainAlgorithm(make(), options);
      for (const lookAhead of [1, 2, 7, 64]) {
        const uap = await craft(make(), { ...options, lookAhead });
        expect(uap.last).toEqual(v);
        expect(uap.history).toEqual(history);
      }
      expect(v.some((x) => x !== 0)).toBe(true);
    });
  });

  it("gives the identical updates for every window", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.constantFrom<2 | typeof Infinity>(2, Infinity),
        fc.integer({ min: 2, max: 64 }),
        fc.boolean(),
        fc.boolean(),
        async (seed, norm, lookAhead, clip, onDevice) => {
          const options = { ...base, norm, seed, clip, passes: 2 };
          const engine = onDevice ? parallel(net()) : net();
          expect(await craft(engine, { ...options, lookAhead })).toEqual(
            await craft(net(), { ...options, lookAhead: 1 }),
          );
        },
      ),
      { numRuns: 15 },
    );
  });

  /** What a run asks the engine for, and how many forward passes the algorithm needs. */
  const calls = async (options: UniversalOptions, onDevice: boolean) => {
    const engine = net();
    const state = onDevice ? parallel(engine) : engine;
    const { history } = await universalPerturbation(state, images, { ...base, ...options });
    const iterations = history.reduce((sum, pass) => sum + pass.iterations, 0);
    // Clean images; then for each pass its images, once more with the final v.
    return { ...engine.calls, needed: count * (1 + 2 * history.length) + iterations };
  };
  const strong = { radius: 2, passes: 6, seed: 1 };

  it("one image at a time takes no forward pass twice", async () => {
    for (const options of [{}, strong, { profile: "lts4-torch" } as const]) {
      const { images: passes, needed } = await calls({ ...options, lookAhead: 1 }, false);
      expect(passes).toBe(needed);
    }
  });

  it("saves calls where many images pass, and throws few forward passes away", async () => {
    const [ahead, single] = [await calls(strong, false), await calls({ ...strong, lookAhead: 1 }, false)];
    expect(ahead.logits).toBeLessThan(single.logits);
    expect(ahead.images).toBeLessThan(1.25 * single.images);
    // Where few pass, nothing is judged in vain.
    const { images: passes, needed } = await calls({ radius: 0.01 }, false);
    expect(passes).toBe(needed);
  });

  it("saves calls of a device that judges many images as fast as one", async () => {
    const [ahead, single] = [await calls(strong, true), await calls({ ...strong, lookAhead: 1 }, true)];
    const host = await calls(strong, false);
    expect(ahead.logits).toBeLessThan(host.logits);
    expect(host.logits).toBeLessThan(single.logits);
    expect(Math.max(...ahead.batches.slice(1, -1).filter((n) => n < count))).toBeGreaterThan(1);
    // Throwing work away costs less than judging every image twice.
    expect(ahead.images).toBeLessThan(2 * single.images);
  });
});
