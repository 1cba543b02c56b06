import { describe, expect, it } from "vitest";
import { foolingRate } from "../../src/api/evaluate.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { UniversalAbortedError, type UniversalProgress } from "../../src/api/universal_result.js";
import { curved, engineOf, randomImages } from "./analytic_engines.js";

const size = 10;
const count = 60;
const images = randomImages(count, size, 21);
const net = () => engineOf(curved(size, 4, 5));
const base: UniversalOptions = {
  ...({ method: "deepfool", norm: Infinity, radius: 0.12 } as const),
  ...{ delta: 0, passes: 3, seed: 4 },
};

describe("universalPerturbation", () => {
  it("returns the best v, the last v, and a history that adds up", async () => {
    const engine = net();
    const uap = await universalPerturbation(engine, images, { ...base, passes: 6 });
    expect((await foolingRate(engine, images, uap.perturbation)).rate).toBe(uap.foolingRate);
    expect((await foolingRate(engine, images, uap.last)).rate).toBe(uap.history.at(-1)?.foolingRate);
    expect(uap.history.map(({ pass }) => pass)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const pass of uap.history) {
      expect(pass.deepfools).toBeGreaterThanOrEqual(pass.updates);
      expect(pass.iterations).toBeGreaterThanOrEqual(pass.deepfools);
      expect(pass.seconds).toBeGreaterThan(0);
    }
    expect(Math.max(...uap.last.map(Math.abs))).toBeLessThanOrEqual(0.12);
    expect([uap.radius, uap.norm, uap.clip]).toEqual([0.12, Infinity, false]);
  });

  it("the seed decides the order and nothing else does", async () => {
    const craft = async (seed: number) =>
      (await universalPerturbation(net(), images, { ...base, seed })).last;
    expect(await craft(1)).toEqual(await craft(1));
    expect(await craft(1)).not.toEqual(await craft(2));
  });

  it("stops as soon as 1 - delta is reached, at once for a warm start that is good enough", async () => {
    const engine = net();
    const strong = { ...base, radius: 0.6, delta: 0.5, passes: 20 };
    const uap = await universalPerturbation(engine, images, strong);
    expect(uap.foolingRate).toBeGreaterThanOrEqual(0.5);
    expect(uap.history.slice(0, -1).every((pass) => pass.foolingRate < 0.5)).toBe(true);
    const warm = await universalPerturbation(engine, images, { ...strong, initial: uap.perturbation });
    expect(warm.history).toEqual([]);
    expect(warm.perturbation).toEqual(uap.perturbation);
    expect(warm.foolingRate).toBe(uap.foolingRate);
  });

  it("projects a warm start and does not write to it", async () => {
    const initial = new Float32Array(size).fill(5);
    const uap = await universalPerturbation(net(), images, { ...base, passes: 1, initial });
    expect([...initial]).toEqual(new Array(size).fill(5));
    expect(Math.max(...uap.last.map(Math.abs))).toBeLessThanOrEqual(0.12);
  });

  it("judges clipped images with clip: true, and v stays what was added", async () => {
    const engine = net();
    const seen = { low: Infinity, high: -Infinity };
    const watching = {
      ...engine,
      logits: (x: Float32Array) => {
        for (const value of x) {
          seen.low = Math.min(seen.low, value);
          seen.high = Math.max(seen.high, value);
        }
        return engine.logits(x);
      },
    };
    const options = { ...base, radius: 0.5, steps: 3, passes: 1 };
    await universalPerturbation(watching, images, options);
    expect(seen.low).toBeLessThan(0);
    const uap = await universalPerturbation(engine, images, { ...options, clip: true });
    expect((await foolingRate(engine, images, uap.last, { clip: true })).rate).toBe(
      uap.history[0].foolingRate,
    );
    expect(uap.history[0].foolingRate).toBeGreaterThan(0);
  });

  it.each([
    [Infinity, [4], (10 / 255) * 2],
    [2, [224, 224, 3], (2000 / 255) * 2],
    [2, [56, 56, 3], (500 / 255) * 2],
  ] as const)("default radius for p = %s on %s, range width 2", async (norm, shape, radius) => {
    const width = shape.reduce((a: number, b: number) => a * b, 1);
    const engine = engineOf(
      { shape, classes: 2, logits: () => [1, 0], gradient: () => new Float32Array(width) },
      { range: [-1, 1] },
    );
    const uap = await universalPerturbation(engine, new Float32Array(width), { norm, passes: 1 });
    expect(Math.abs(uap.radius - radius)).toBeLessThan(1e-12);
    expect(uap.foolingRate).toBe(0);
    expect(uap.last.every((value) => value === 0)).toBe(true);
  });

  it("reports progress through every pass", async () => {
    const seen: UniversalProgress[] = [];
    await universalPerturbation(net(), images, {
      ...base,
      passes: 2,
      onProgress: (p) => seen.push({ ...p }),
    });
    expect(seen.filter(({ image }) => image === count).map(({ pass }) => pass)).toContain(2);
    expect(seen[0]).toMatchObject({ pass: 1, passes: 2, images: count });
    expect(seen[0].foolingRate).toBeUndefined();
    expect(seen.at(-1)?.foolingRate).toBeGreaterThan(0);
    for (let i = 1; i < seen.length; i++)
      expect(seen[i].pass * count + seen[i].image).toBeGreaterThanOrEqual(
        seen[i - 1].pass * count + seen[i - 1].image,
      );
  });

  it("tells the rate of the images that a pass came to, as v was when it came to them", async () => {
    // Two images look ahead at most: v judges those of a pass one by one, as counted here by hand.
    const seen: UniversalProgress[] = [];
    const uap = await universalPerturbation(net(), images, {
      ...{ ...base, passes: 2, lookAhead: 1, delta: 0 },
      onProgress: (p) => seen.push({ ...p }),
    });
    expect(seen[0]).toMatchObject({ image: 1, runningRate: 0 });
    const ends = [1, 2].map((pass) => seen.findLast((p) => p.pass === pass)!);
    uap.history.forEach(({ deepfools }, i) => {
      expect(ends[i].image).toBe(count);
      // What DeepFool did not run from was fooled already.
      expect(ends[i].runningRate).toBeCloseTo((count - deepfools) / count, 12);
    });
    expect(ends[1].runningRate).toBeGreaterThan(0);
  });

  it("an abort in the first pass hands over v as it is", async () => {
    const controller = new AbortController();
    let v: Float32Array | undefined;
    const stopped = universalPerturbation(net(), images, {
      ...base,
      signal: controller.signal,
      onProgress: ({ image, perturbation }) => {
        if (image < count / 2 || controller.signal.aborted) return;
        v = perturbation.slice();
        controller.abort("enough");
      },
    });
    const error: unknown = await stopped.catch((reason) => reason);
    expect(error).toBeInstanceOf(UniversalAbortedError);
    if (!(error instanceof UniversalAbortedError)) return;
    expect([error.name, error.cause]).toEqual(["AbortError", "enough"]);
    expect(error.result.perturbation).toEqual(v);
    expect(v?.some((value) => value !== 0)).toBe(true);
    expect(error.result.foolingRate).toBeUndefined();
  });

  it("an abort later hands over the best v measured", async () => {
    const controller = new AbortController();
    const stopped = universalPerturbation(net(), images, {
      ...base,
      passes: 5,
      signal: controller.signal,
      onProgress: ({ pass, image }) => pass === 2 && image > 5 && controller.abort(),
    });
    const error: unknown = await stopped.catch((reason) => reason);
    if (!(error instanceof UniversalAbortedError)) throw error;
    const { result } = error;
    expect(result.history.length).toBe(1);
    expect(result.foolingRate).toBe(result.history[0].foolingRate);
    expect((await foolingRate(net(), images, result.perturbation)).rate).toBe(result.foolingRate);
  });

  it("an abort takes effect although the engine never lets the event loop turn", async () => {
    const controller = new AbortController();
    const engine = net();
    const slow = {
      ...engine,
      logits: (x: Float32Array) => {
        const end = performance.now() + 2;
        while (performance.now() < end);
        return engine.logits(x);
      },
    };
    setTimeout(() => controller.abort(), 5);
    const passes = 100;
    const error: unknown = await universalPerturbation(slow, images, {
      ...base,
      passes,
      signal: controller.signal,
    }).catch((reason) => reason);
    if (!(error instanceof UniversalAbortedError)) throw error;
    expect(error.result.history.length).toBeLessThan(passes);
  });

  it("errors of the engine pass through", async () => {
    const engine = { ...net(), jacobian: () => Promise.reject(new Error("device lost")) };
    await expect(universalPerturbation(engine, images, base)).rejects.toThrow("device lost");
  });
});

describe("foolingRate", () => {
  it("counts changed predictions, batch by batch", async () => {
    const engine = net();
    const v = new Float32Array(size).fill(0.3);
    const whole = await foolingRate(engine, images, v);
    const parts = await foolingRate(engine, images, v, { batch: 7 });
    expect(parts).toEqual(whole);
    const clean = await engine.logits(images);
    const moved = await engine.logits(images.map((x) => x + v[0]));
    expect([...whole.labels]).toEqual([...clean.labels]);
    expect([...whole.newLabels]).toEqual([...moved.labels]);
    const changed = clean.labels.filter((label, i) => label !== moved.labels[i]).length;
    expect(changed).toBeGreaterThan(0);
    expect(whole.rate).toBe(changed / count);
    expect(await foolingRate(engine, images, v, { labels: clean.labels })).toEqual(whole);
    expect((await foolingRate(engine, images, new Float32Array(size))).rate).toBe(0);
  });

  it("clips when asked, and reports progress", async () => {
    const v = new Float32Array(size).fill(9);
    const seen: number[] = [];
    const clipped = await foolingRate(net(), images, v, {
      clip: true,
      onProgress: (done, total) => seen.push(done / total),
    });
    // Clipped, every image is all ones: one label for all.
    expect(new Set(clipped.newLabels).size).toBe(1);
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  it("rejects when aborted", async () => {
    const signal = AbortSignal.abort("stop");
    await expect(foolingRate(net(), images, new Float32Array(size), { signal })).rejects.toBe("stop");
  });
});
