import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepfool } from "../../src/api/deepfool.js";
import type { MinimalOptions, MinimalResult } from "../../src/api/minimal/options.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import type { Engine } from "../../src/engines/engine.js";
import { EngineError } from "../../src/errors.js";
import { affine, curved, engineOf, randomImages, uniform } from "./analytic_engines.js";

const ANYWHERE = [-Infinity, Infinity] as const;
const NORMS = [2, Infinity] as const;

/** Every way to search, with what it may end beyond the nearest boundary by, as a share of the distance. */
const WAYS: readonly (readonly [string, MinimalOptions, number])[] = [
  // Bisected 10 times.
  ["sdf", { method: "sdf" }, 2 ** -9],
  ["sdf, paper", { method: "sdf", variant: "paper" }, 2 ** -9],
  // The radius swings by up to 0.001 + 0.049 h.
  ["fmn", { method: "fmn" }, 0.02],
  ["deepfool", { method: "deepfool" }, 0.02 + 2 ** -16],
];

/** ||r||_p of image n. */
function lengthOf({ perturbation, norms }: MinimalResult, n: number, norm: number): number {
  const size = perturbation.length / norms.length;
  const r = [...perturbation.subarray(n * size, (n + 1) * size)];
  return norm === 2 ? Math.hypot(...r) : Math.max(...r.map(Math.abs));
}

describe.each(WAYS)("%s on a linear classifier of two classes: |f| / ||w||", (_, options, beyond) => {
  // w_1 - w_0 = (3, 4), gap 1.
  const engine = engineOf(
    affine(
      [
        [0, 0],
        [3, 4],
      ],
      [4.5, 0],
    ),
    { range: [-8, 8] },
  );
  const x = Float32Array.of(0.5, 0.5);

  it.each([
    [2, 1 / 5, [0.12, 0.16]],
    [Infinity, 1 / 7, [1 / 7, 1 / 7]],
  ] as const)("p = %s", async (norm, distance, expected) => {
    const hit = await minimalPerturbation(engine, x, { ...options, norm });
    expect([hit.labels[0], hit.newLabels[0], hit.succeeded[0], hit.stalled]).toEqual([0, 1, 1, 0]);
    expect(hit.norms[0]).toBeGreaterThanOrEqual(distance * (1 - 2 ** -20));
    expect(hit.norms[0]).toBeLessThanOrEqual(distance * (1 + beyond));
    hit.perturbation.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(beyond);
    });
    expect(hit.alignment[0]).toBeGreaterThan(1 - beyond);
    expect(hit.alignment[0]).toBeLessThanOrEqual(1 + 2 ** -20);
    expect(hit.gradients[0]).toBeGreaterThan(0);
  });

  it("towards a class: as far; towards the prediction: nothing to do", async () => {
    const both = Float32Array.of(...x, ...x);
    const hit = await minimalPerturbation(engine, both, { ...options, targets: [1, 0] });
    expect([...hit.succeeded]).toEqual([1, 1]);
    expect([...hit.newLabels]).toEqual([1, 0]);
    expect(hit.norms[0]).toBeLessThanOrEqual((1 + beyond) / 5);
    expect([hit.norms[1], hit.iterations[1], hit.gradients[1], hit.alignment[1]]).toEqual([0, 0, 0, 0]);
    expect([...hit.perturbation.subarray(2)]).toEqual([0, 0]);
  });

  it("stays within bounds, and fools nothing that they keep out of reach", async () => {
    // 3 a + 4 b = 1 with a, b <= 0.15: b there, a = 0.4 / 3, by the shortest way.
    const bounds = [-8, 0.65] as const;
    const near = await minimalPerturbation(engine, x, { ...options, bounds });
    expect(near.succeeded[0]).toBe(1);
    expect(Math.max(...near.adversarial)).toBeLessThanOrEqual(Math.fround(0.65));
    const shortest = Math.hypot(0.15, 0.4 / 3);
    expect(near.norms[0]).toBeGreaterThan(shortest * (1 - 2 ** -20));
    if (!options.variant && options.method !== "deepfool")
      expect(near.norms[0]).toBeLessThan(shortest * (1 + beyond));
    // 3 a + 4 b <= 0.35.
    const far = await minimalPerturbation(engine, x, { ...options, bounds: [-8, 0.55] });
    expect([far.succeeded[0], far.norms[0]]).toEqual([0, Infinity]);
    expect([...far.adversarial]).toEqual([...x]);
  });
});

describe("sdf of random linear classifiers", () => {
  it.each(NORMS)("ends at the nearest face of the polyhedron, p = %s", async (norm) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 2, max: 6 }),
        fc.constantFrom("descent", "paper"),
        async (seed, classes, variant) => {
          const next = uniform(seed);
          const w = Array.from({ length: classes }, () =>
            Array.from({ length: 5 }, () => Math.fround(next())),
          );
          const b = w.map(() => Math.fround(next()));
          const image = randomImages(1, 5, seed + 1);
          const f = w.map((row, c) => row.reduce((s, v, i) => s + v * image[i], b[c]));
          const k0 = f.indexOf(Math.max(...f));
          const lengths = w.map((row) => {
            const d = row.map((v, i) => v - w[k0][i]);
            return norm === 2 ? Math.hypot(...d) : d.reduce((sum, v) => sum + Math.abs(v), 0);
          });
          const nearest = Math.min(...w.map((_, k) => (k === k0 ? Infinity : (f[k0] - f[k]) / lengths[k])));
          // Logits are float32, each off by 2^-22 at most, and a distance by that over the length of its w; points by 2^-24.
          const slack = 2 ** -20 / Math.min(...lengths.filter((_, k) => k !== k0)) + 2 ** -22;
          fc.pre(nearest > 100 * slack);
          const options = { norm, variant, bounds: ANYWHERE } as const;
          const hit = await minimalPerturbation(engineOf(affine(w, b)), image, options);
          expect(hit.succeeded[0]).toBe(1);
          expect(hit.norms[0]).toBeGreaterThan(nearest - slack);
          expect(hit.norms[0]).toBeLessThan(nearest * (1 + 2 ** -9) + slack);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe.each(WAYS)("%s on a curved classifier", (name, options) => {
  const size = 8;
  const engine = engineOf(curved(size, 5, 7));
  const images = randomImages(24, size, 3);

  it.each(NORMS)("says the truth, p = %s", async (norm) => {
    const given = images.slice();
    const hit = await minimalPerturbation(engine, given, { ...options, norm });
    expect(given).toEqual(images);
    const before = await engine.logits(images);
    const after = await engine.logits(hit.adversarial);
    expect([...hit.labels]).toEqual([...before.labels]);
    expect([...hit.newLabels]).toEqual([...after.labels]);
    expect([...hit.succeeded]).toEqual([...hit.labels].map((l, n) => Number(l !== hit.newLabels[n])));
    expect(hit.succeeded.reduce((a, b) => a + b)).toBeGreaterThan(14);
    hit.norms.forEach((length, n) => {
      expect(length).toBe(hit.succeeded[n] ? length : Infinity);
      expect(Math.abs(lengthOf(hit, n, norm) - (hit.succeeded[n] ? length : 0))).toBeLessThan(1e-12);
      expect(Math.abs(hit.alignment[n])).toBeLessThanOrEqual(1 + 1e-12);
    });
    expect(Math.min(...hit.adversarial)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...hit.adversarial)).toBeLessThanOrEqual(1);
    hit.adversarial.forEach((x, i) => {
      const moved = Math.fround(images[i] + hit.perturbation[i]);
      expect(x).toBe(Math.min(Math.max(moved, 0), 1));
    });
    expect(hit).toMatchObject({ method: options.method, norm, stalled: 0 });
    expect("variant" in hit).toBe(options.method === "sdf");
  });

  it.each<MinimalOptions>([
    {},
    { norm: Infinity },
    { levels: 64 },
    { targets: Array.from({ length: 24 }, (_, n) => n % 5) },
    { targets: Array.from({ length: 24 }, (_, n) => n % 5), norm: Infinity, bounds: [-1, 2] },
  ])("an image's result does not depend on its batch-mates, %j", async (more) => {
    const together = await minimalPerturbation(engine, images, { ...options, ...more });
    expect(together.succeeded.some((one) => one === 1)).toBe(true);
    for (let n = 0; n < 24; n += 2) {
      const alone = await minimalPerturbation(engine, images.slice(n * size, (n + 1) * size), {
        ...{ ...options, ...more },
        ...(more.targets && { targets: [more.targets[n]] }),
      });
      for (const key of ["adversarial", "perturbation"] as const)
        expect(alone[key]).toEqual(together[key].slice(n * size, (n + 1) * size));
      for (const key of ["norms", "newLabels", "iterations", "gradients", "alignment"] as const)
        expect(alone[key][0]).toBe(together[key][n]);
      expect(alone.rounded?.[0]).toBe(together.rounded?.[n]);
    }
  });

  it("targets: the prediction is the target wherever it succeeds", async () => {
    const targets = Int32Array.from({ length: 24 }, (_, n) => (n * 7) % 5);
    const hit = await minimalPerturbation(engine, images, { ...options, targets, bounds: [-2, 3] });
    const after = await engine.logits(hit.adversarial);
    expect([...hit.newLabels]).toEqual([...after.labels]);
    expect([...hit.succeeded]).toEqual([...targets].map((t, n) => Number(hit.newLabels[n] === t)));
    expect(hit.succeeded.reduce((a, b) => a + b)).toBeGreaterThan(10);
    hit.labels.forEach((label, n) => {
      expect(hit.norms[n] === 0).toBe(label === targets[n]);
    });
  });

  if (name.startsWith("sdf"))
    it.each(NORMS)("is nowhere longer than DeepFool, and shorter on most images, p = %s", async (norm) => {
      const base = await minimalPerturbation(engine, images, { method: "deepfool", norm, steps: 100 });
      const hit = await minimalPerturbation(engine, images, { ...options, norm });
      hit.norms.forEach((length, n) => {
        if (base.succeeded[n]) expect(length).toBeLessThanOrEqual(base.norms[n]);
      });
      const shorter = [...hit.norms].filter((length, n) => length < 0.99 * base.norms[n]);
      expect(shorter.length).toBeGreaterThan(12);
    });
});

describe("what the counts say", () => {
  const size = 6;
  const engine = engineOf(curved(size, 4, 2));
  const images = randomImages(9, size, 11);

  it.each(NORMS)(
    '"deepfool" is `deepfool` within bounds, and takes `classes` gradients a step, p = %s',
    async (norm) => {
      const ours = await minimalPerturbation(engine, images, { method: "deepfool", norm, classes: 3 });
      const theirs = await deepfool(engine, images, { norm, classes: 3, bounds: [0, 1] });
      expect(ours.iterations).toEqual(theirs.iterations);
      expect(ours.succeeded).toEqual(theirs.succeeded);
      expect([...ours.gradients]).toEqual([...theirs.iterations].map((steps) => 3 * steps));
      for (let n = 0; n < 9; n++) {
        if (!theirs.succeeded[n]) continue;
        const own = (a: Float32Array) => a.slice(n * size, (n + 1) * size);
        expect(own(ours.perturbation)).toEqual(own(theirs.perturbation));
        expect(own(ours.adversarial)).toEqual(own(theirs.adversarial));
      }
    },
  );

  it('"fmn" takes a gradient a step', async () => {
    const hit = await minimalPerturbation(engine, images, { method: "fmn", steps: 17 });
    expect([...hit.gradients]).toEqual(Array.from(images.subarray(0, 9), () => 17));
    expect(hit.iterations).toEqual(hit.gradients);
  });

  it("reports progress up to all images", async () => {
    const seen: [number, number][] = [];
    await minimalPerturbation(engine, images, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual(Array.from({ length: 9 }, (_, n) => [n + 1, 9]));
  });
});

describe("where there is nothing to follow", () => {
  const flat = affine(
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    [3, 2, 1],
  );
  const good = affine(
    [
      [1, 0],
      [0, 1],
    ],
    [0.05, 0],
  );

  it.each(WAYS)("%s: a vanishing gradient stalls an image, which comes back as it is", async (_, options) => {
    for (const targets of [undefined, [1]]) {
      const image = Float32Array.of(0.2, 0.7);
      const hit = await minimalPerturbation(engineOf(flat), image, {
        ...options,
        ...(targets && { targets }),
      });
      expect(hit.adversarial).toEqual(image);
      expect([...hit.perturbation]).toEqual([0, 0]);
      expect([hit.succeeded[0], hit.norms[0], hit.newLabels[0], hit.stalled]).toEqual([0, Infinity, 0, 1]);
      expect(hit.alignment[0]).toBe(0);
    }
  });

  it.each(WAYS)("%s: so does one that is not finite, without touching others", async (_, options) => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const engine = engineOf({
        ...good,
        gradient: (x, c) => (x[0] > 0.5 ? [bad, 0] : good.gradient(x, c)),
      });
      for (const targets of [undefined, [1, 1]]) {
        const images = Float32Array.of(0.9, 0.1, 0.2, 0.1);
        const hit = await minimalPerturbation(engine, images, { ...options, ...(targets && { targets }) });
        expect([...hit.succeeded]).toEqual([0, 1]);
        expect(hit.stalled).toBe(1);
        expect([...hit.perturbation.slice(0, 2)]).toEqual([0, 0]);
        expect(hit.perturbation.every(Number.isFinite)).toBe(true);
        expect(hit.alignment.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it.each(WAYS)("%s: a point with an infinite logit does not fool, NaN is an error", async (_, options) => {
    const cliff = affine(
      [
        [1, 0],
        [0, 0],
      ],
      [0, 0],
    );
    const over = (score: number) =>
      engineOf({ ...cliff, logits: (x) => (x[0] < 0.5 ? [score, 0] : cliff.logits(x)) });
    const image = Float32Array.of(0.75, 0);
    const bounds = [-2, 2] as const;
    await expect(minimalPerturbation(over(Number.NaN), image, { ...options, bounds })).rejects.toThrow(
      /^minimalPerturbation: a logit of image 0 is NaN/,
    );
    const hit = await minimalPerturbation(over(-Infinity), image, { ...options, bounds });
    expect([hit.succeeded[0], hit.norms[0]]).toEqual([0, Infinity]);
    expect([...hit.adversarial]).toEqual([...image]);
  });

  it.each(WAYS)("%s: a step that would overflow float32 is not taken", async (_, options) => {
    const tiny = 1e-38;
    const engine = engineOf(
      affine(
        [
          [tiny, 0],
          [0, 0],
        ],
        [100, 0],
      ),
    );
    const hit = await minimalPerturbation(engine, Float32Array.of(0.5, 0.5), {
      ...options,
      bounds: ANYWHERE,
    });
    expect(hit.adversarial.every(Number.isFinite)).toBe(true);
    expect(hit.succeeded[0]).toBe(0);
  });
});

describe("a call and its engine", () => {
  const size = 6;
  const images = randomImages(40, size, 11);

  it("a NaN names the image whose it is, whatever the others ask meanwhile", async () => {
    const soft = curved(size, 4, 2);
    let told = 0;
    for (let broken = 0; broken < 6; broken++) {
      const near = images.slice(broken * size, (broken + 1) * size);
      const distance = (x: Float32Array) => Math.hypot(...x.map((v, i) => v - near[i]));
      // Within the first steps of one image, and of no other.
      const engine = engineOf({
        ...soft,
        logits: (x) => (distance(x) > 1e-3 && distance(x) < 0.3 ? [Number.NaN, 0, 0, 0] : soft.logits(x)),
      });
      const few = images.slice(0, 6 * size);
      for (let n = 0; n < 6; n++)
        if (n !== broken) expect(distance(few.subarray(n * size, (n + 1) * size))).toBeGreaterThan(0.3);
      for (const options of [
        { method: "sdf" },
        { method: "fmn" },
        { method: "deepfool", targets: [0, 1, 2, 3, 0, 1] },
      ] as const) {
        const { labels } = await engine.logits(few);
        const { targets }: MinimalOptions = options;
        if (targets?.[broken] === labels[broken]) continue;
        const error = await minimalPerturbation(engine, few, options).catch((reason: unknown) => reason);
        if (!(error instanceof EngineError)) continue;
        expect(error.image).toBe(broken);
        told++;
      }
    }
    expect(told).toBeGreaterThan(8);
  });

  it("rejects with the signal's reason and leaves the engine usable", async () => {
    const engine = engineOf(curved(size, 4, 2));
    const aborted = minimalPerturbation(engine, images, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(engine.calls.logits).toBe(0);
    for (const method of ["sdf", "fmn", "deepfool"] as const) {
      const controller = new AbortController();
      let calls = 0;
      const slow: Engine = {
        ...engine,
        logits: (x, options) => {
          if (++calls === 3) controller.abort(new Error("enough"));
          return engine.logits(x, options);
        },
      };
      const stopped = minimalPerturbation(slow, images, { method, signal: controller.signal });
      await expect(stopped).rejects.toThrow("enough");
    }
    expect((await minimalPerturbation(engine, images)).succeeded.length).toBe(40);
  });

  it("an engine that returns too little is named", async () => {
    const short = { classes: new Int32Array(4), logits: new Float32Array(4) };
    const engine = engineOf(curved(size, 4, 2), {
      backend: "mine",
      jacobian: async () => ({ ...short, values: new Float32Array(3) }),
      logits: async () => ({ logits: new Float32Array(3), labels: new Int32Array(1) }),
    });
    await expect(minimalPerturbation(engine, images)).rejects.toThrow(
      'logits: engine "mine" returned 3 values, expected 160',
    );
  });

  it("images that change during the call are not read again", async () => {
    const engine = engineOf(curved(size, 4, 2));
    const expected = await minimalPerturbation(engine, images);
    const given = images.slice();
    const call = minimalPerturbation(engine, given);
    given.fill(0.5);
    expect((await call).adversarial).toEqual(expected.adversarial);
  });
});
