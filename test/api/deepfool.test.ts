import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepfool } from "../../src/api/deepfool.js";
import { deepfoolLoop } from "../../src/api/deepfool_loop.js";
import type { DeepfoolProfile, Engine } from "../../src/engines/engine.js";
import { affine, curved, engineOf, randomImages, request, uniform } from "./analytic_engines.js";

const profiles: readonly DeepfoolProfile[] = ["paper", "lts4", "lts4-torch", "foolbox"];
/** Rounding of x to float32 moves an affine score by up to D 2^-24 max|x| max|w|; sizes here: D <= 8, values <= 2. */
const ROUNDING = 8 * 4 * 2 ** -24;

describe("deepfool of an affine classifier has a closed form", () => {
  // Differences: w_1 - w_0 = (3, 4), gap 1; w_2 - w_0 = (-8, 0), gap 1.2.
  const weights = [
    [0, 0],
    [3, 4],
    [-8, 0],
  ];
  const engine = engineOf(affine(weights, [4.5, 0, 7.3]), { range: [-8, 8] });
  const x = Float32Array.of(0.5, 0.5);
  // Logits at x: 4.5, 3.5, 3.3.

  it("p = 2 steps to the boundary that is nearest in the 2-norm", async () => {
    const hit = await deepfool(engine, x, { trace: true });
    // Distances 1/5 and 1.2/8 = 0.15: class 2.
    expect(hit.chosen?.map((c) => [...c])).toEqual([[2]]);
    expect([...hit.iterations]).toEqual([1]);
    expect([hit.labels[0], hit.newLabels[0], hit.succeeded[0]]).toEqual([0, 2, 1]);
    expect(Math.abs(hit.perturbation[0] - 1.02 * -0.15)).toBeLessThan(ROUNDING);
    expect(hit.perturbation[1]).toBe(0);
  });

  it("p = infinity compares 1-norms and steps along signs", async () => {
    const hit = await deepfool(engine, x, { norm: Infinity, trace: true });
    // Distances 1/7 = 0.143 and 1.2/8 = 0.15: class 1.
    expect(hit.chosen?.map((c) => [...c])).toEqual([[1]]);
    for (const value of hit.perturbation) expect(Math.abs(value - 1.02 / 7)).toBeLessThan(ROUNDING);
    expect([hit.labels[0], hit.newLabels[0]]).toEqual([0, 1]);
  });

  it("candidates restrict the choice to the largest logits at the image", async () => {
    const hit = await deepfool(engine, x, { classes: 2, trace: true });
    expect(hit.chosen?.map((c) => [...c])).toEqual([[1]]);
    expect(Math.abs(Math.hypot(...hit.perturbation) - 1.02 * 0.2)).toBeLessThan(ROUNDING);
  });

  it.each([
    ["lts4", 1.02 * 0.15],
    ["paper", 1.02 * 0.15],
    ["lts4-torch", 1.02 * (0.15 + 1e-4)],
    ["foolbox", 1.02 * ((1.2 / (8 + 1e-8) + 1e-4) * (8 / (8 + 1e-8)))],
  ] as const)("%s adds its constants to the distance", async (profile, expected) => {
    const hit = await deepfool(engine, x, { profile });
    // `paper` may need further, rounding-sized steps to be strictly across.
    const slack = profile === "paper" ? 2 ** -18 : ROUNDING;
    expect(Math.abs(-hit.perturbation[0] - expected)).toBeLessThan(slack);
    expect(hit.succeeded[0]).toBe(1);
  });

  it("agrees with the distance to the polyhedron's faces for random classifiers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.constantFrom(2, Infinity),
        fc.integer({ min: 2, max: 6 }),
        async (seed, norm, classes) => {
          const next = uniform(seed);
          const size = 5;
          const w = Array.from({ length: classes }, () =>
            Array.from({ length: size }, () => Math.fround(next())),
          );
          const b = w.map(() => Math.fround(next()));
          const net = engineOf(affine(w, b));
          const image = randomImages(1, size, seed + 1);
          const hit = await deepfool(net, image, { norm: norm as 2, classes, trace: true });
          const f = w.map((row, c) => row.reduce((s, v, i) => s + v * image[i], b[c]));
          const k0 = f.indexOf(Math.max(...f));
          const distances = w.map((row, k) => {
            const d = row.map((v, i) => v - w[k0][i]);
            const length = norm === 2 ? Math.hypot(...d) : d.reduce((s, v) => s + Math.abs(v), 0);
            return k === k0 ? Infinity : (f[k0] - f[k]) / length;
          });
          const nearest = Math.min(...distances);
          const second = [...distances].sort((p, q) => p - q)[1];
          fc.pre(nearest > 1e-3 && second > nearest * 1.001);
          const size_ =
            norm === 2 ? Math.hypot(...hit.perturbation) : Math.max(...hit.perturbation.map(Math.abs));
          expect(hit.labels[0]).toBe(k0);
          expect(hit.chosen?.[0][0]).toBe(distances.indexOf(nearest));
          expect(hit.iterations[0]).toBe(1);
          // Logits are float32 (each |f| <= 6, so a gap is off by 2^-21) before they are divided by the norm.
          expect(Math.abs(size_ / 1.02 - nearest)).toBeLessThan((nearest * 2 ** -20) / 1e-3);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe.each(profiles)("deepfool, profile %s, on a curved classifier", (profile) => {
  const size = 8;
  const engine = engineOf(curved(size, 5, 7));
  const images = randomImages(40, size, 3);

  it("succeeds on most images, in several steps on some, and says the truth about labels", async () => {
    const hit = await deepfool(engine, images, { profile });
    const { labels } = await engine.logits(images);
    const after = await engine.logits(hit.adversarial);
    expect([...hit.labels]).toEqual([...labels]);
    expect([...hit.newLabels]).toEqual([...after.labels]);
    expect(hit.succeeded.reduce((a, b) => a + b)).toBeGreaterThan(25);
    expect(Math.max(...hit.iterations)).toBeGreaterThan(1);
    expect([...hit.succeeded]).toEqual([...hit.labels].map((l, n) => Number(l !== hit.newLabels[n])));
    expect(hit.perturbation.some((v) => v !== 0)).toBe(true);
  });

  it("adversarial is image + perturbation, rounded to float32", async () => {
    const hit = await deepfool(engine, images, { profile });
    expect(hit.adversarial).toEqual(
      images.map((v, i) => {
        const moved = Math.fround(v + hit.perturbation[i]);
        return profile === "foolbox" ? Math.min(Math.max(moved, 0), 1) : moved;
      }),
    );
  });

  it.each([2, Infinity] as const)(
    "an image's result does not depend on its batch-mates, p = %s",
    async (norm) => {
      const options = { profile, norm, trace: true } as const;
      const together = await deepfool(engine, images, options);
      for (let n = 0; n < 40; n++) {
        const alone = await deepfool(engine, images.slice(n * size, (n + 1) * size), options);
        expect(alone.perturbation).toEqual(together.perturbation.slice(n * size, (n + 1) * size));
        expect(alone.adversarial).toEqual(together.adversarial.slice(n * size, (n + 1) * size));
        expect(alone.iterations[0]).toBe(together.iterations[n]);
        expect(alone.chosen?.[0]).toEqual(together.chosen?.[n]);
        expect(alone.newLabels[0]).toBe(together.newLabels[n]);
      }
    },
  );

  it("stays within bounds when they are given", async () => {
    const bounds = [0.4, 0.6] as const;
    const inside = images.map((v) => Math.min(Math.max(0.4 + 0.2 * v, Math.fround(0.4)), Math.fround(0.6)));
    const hit = await deepfool(engine, inside, { profile, bounds, steps: 20 });
    expect(Math.min(...hit.adversarial)).toBeGreaterThanOrEqual(Math.fround(0.4));
    expect(Math.max(...hit.adversarial)).toBeLessThanOrEqual(Math.fround(0.6));
    expect(hit.perturbation.some((v) => v !== 0)).toBe(true);
  });

  it("stops at the number of steps", async () => {
    const hit = await deepfool(engine, images, { profile, steps: 1, overshoot: 0, trace: true });
    expect(Math.max(...hit.iterations)).toBe(1);
    expect(hit.chosen?.every((c) => c.length === 1)).toBe(true);
  });
});

describe("deepfool where there is nothing to follow", () => {
  const flat = affine(
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    [3, 2, 1],
  );

  it.each(profiles)("%s: vanishing gradients end the image, not fooled, r = 0", async (profile) => {
    const hit = await deepfool(engineOf(flat), Float32Array.of(0.2, 0.7), { profile });
    expect([...hit.perturbation]).toEqual([0, 0]);
    expect([hit.succeeded[0], hit.iterations[0], hit.newLabels[0]]).toEqual([0, 0, 0]);
  });

  it.each([Number.NaN, Infinity, -Infinity])(
    "a gradient of %s ends the image without touching others",
    async (bad) => {
      const good = affine(
        [
          [1, 0],
          [0, 1],
        ],
        [0.05, 0],
      );
      const engine = engineOf({
        ...good,
        gradient: (x, c) => (x[0] > 0.5 ? [bad, 0] : good.gradient(x, c)),
      });
      for (const profile of profiles) {
        const hit = await deepfool(engine, Float32Array.of(0.9, 0.1, 0.2, 0.1), { profile });
        expect([...hit.perturbation.slice(0, 2)]).toEqual([0, 0]);
        expect([...hit.succeeded]).toEqual([0, 1]);
        expect(hit.perturbation.slice(2).some((v) => v !== 0)).toBe(true);
        expect(hit.perturbation.every(Number.isFinite)).toBe(true);
      }
    },
  );

  it.each(profiles)("%s: a step to where a logit is infinite is undone, NaN is an error", async (profile) => {
    const cliff = affine(
      [
        [1, 0],
        [0, 0],
      ],
      [0, 0],
    );
    const over = (score: number) =>
      engineOf({ ...cliff, logits: (x) => (x[0] < 0.5 ? [score, 0] : cliff.logits(x)) });
    await expect(deepfool(over(Number.NaN), Float32Array.of(0.75, 0), { profile })).rejects.toThrow(
      /^deepfool: a logit of image 0 is NaN after 1 step, /,
    );
    const hit = await deepfool(over(-Infinity), Float32Array.of(0.75, 0), { profile });
    expect([...hit.perturbation]).toEqual([0, 0]);
    expect([hit.succeeded[0], hit.iterations[0], hit.newLabels[0]]).toEqual([0, 0, 0]);
  });

  it("a step that would overflow float32 is not taken", async () => {
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
    for (const profile of profiles) {
      const hit = await deepfool(engine, Float32Array.of(0.5, 0.5), { profile, bounds: [-1e38, 1e38] });
      expect(hit.adversarial.every(Number.isFinite)).toBe(true);
    }
    const hit = await deepfool(engine, Float32Array.of(0.5, 0.5));
    expect([...hit.perturbation]).toEqual([0, 0]);
  });

  it.each([
    ["at non-zero logits", [2, 2], 0.5],
    ["at zero logits", [0, 0], 0],
  ] as const)("tied logits %s are left in a few steps by every profile", async (_, bias, at) => {
    const weights = [
      [1, -1],
      [-1, 1],
    ];
    for (const profile of profiles)
      for (const norm of [2, Infinity] as const) {
        const engine = engineOf(affine(weights, bias));
        const hit = await deepfool(engine, Float32Array.of(at, at), { profile, norm });
        expect([hit.labels[0], hit.newLabels[0], hit.succeeded[0]]).toEqual([0, 1, 1]);
        expect(hit.iterations[0]).toBeLessThan(8);
        expect(Math.hypot(...hit.perturbation)).toBeLessThan(2e-4);
      }
  });

  it("a class to leave that is not the prediction needs no step", async () => {
    const engine = engineOf(curved(4, 3, 1));
    const image = randomImages(1, 4, 1);
    const { labels } = await engine.logits(image);
    const other = (labels[0] + 1) % 3;
    const run = await deepfoolLoop(engine, image, request({ classes: 3, labels: Int32Array.of(other) }));
    expect([run.labels[0], run.newLabels[0], run.iterations[0]]).toEqual([other, labels[0], 0]);
  });
});

describe("deepfool and its engine", () => {
  const size = 6;
  const images = randomImages(70, size, 11);

  it("reports progress up to all images, and asks for no Jacobian of images that are done", async () => {
    const engine = engineOf(curved(size, 4, 2));
    const seen: number[] = [];
    const hit = await deepfool(engine, images, { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    const steps = hit.iterations.reduce((a, b) => a + b);
    expect(engine.calls.images).toBe(steps + 70);
  });

  it("hands the resolved request to an engine with a loop of its own", async () => {
    const asked: unknown[] = [];
    const own: Engine["deepfool"] = async (_, given) => {
      asked.push(given);
      return {
        perturbation: Float32Array.of(0.5, -1),
        labels: Int32Array.of(0),
        newLabels: Int32Array.of(1),
        iterations: Int32Array.of(4),
      };
    };
    const engine = engineOf(
      affine(
        [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
        [0, 0, 0],
      ),
      { deepfool: own, range: [0, 2] },
    );
    const hit = await deepfool(engine, Float32Array.of(1, 1), { profile: "foolbox", steps: 7 });
    expect(asked).toMatchObject([
      { norm: 2, profile: "foolbox", classes: 3, steps: 7, overshoot: 0.02, bounds: [0, 2], trace: false },
    ]);
    expect([...hit.adversarial]).toEqual([1.5, 0]);
    expect([hit.succeeded[0], hit.iterations[0]]).toEqual([1, 4]);
  });

  it("rejects with the signal's reason and leaves the engine usable", async () => {
    const engine = engineOf(curved(size, 4, 2));
    await expect(deepfool(engine, images, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(engine.calls.logits).toBe(0);
    const controller = new AbortController();
    const stopped = deepfool(engine, images, {
      signal: controller.signal,
      onProgress: (done) => done > 40 && controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    expect((await deepfool(engine, images)).succeeded.length).toBe(70);
  });

  it("an engine that returns too little is named", async () => {
    const engine = engineOf(curved(size, 4, 2), {
      backend: "mine",
      jacobian: async () => ({
        values: new Float32Array(3),
        classes: new Int32Array(4),
        logits: new Float32Array(4),
      }),
    });
    await expect(deepfool(engine, images)).rejects.toThrow(
      'jacobian: engine "mine" returned 3 values, expected 768',
    );
  });
});
