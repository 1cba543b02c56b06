import { describe, expect, it } from "vitest";
import { foolingRate } from "../../src/api/evaluate.js";
import { gradient } from "../../src/api/gradient.js";
import { randomOrder, randomSource } from "../../src/api/random.js";
import type { UniversalMethod } from "../../src/api/universal/method.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { UniversalAbortedError, type UniversalProgress } from "../../src/api/universal_result.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { project } from "../../src/kernels/projection/reference.js";
import { curved, engineOf, randomImages } from "./analytic_engines.js";

const SHAPE = [4, 6, 2];
const SIZE = 48;
const COUNT = 70;
const CLASSES = 4;
const RADIUS = 0.12;
const images = randomImages(COUNT, SIZE, 21);
const net = () => engineOf({ ...curved(SIZE, CLASSES, 5), shape: SHAPE });
const METHODS: readonly UniversalMethod[] = ["sgd", "sga", "momentum"];
const base: UniversalOptions = { radius: RADIUS, passes: 3, seed: 4 };
const craft = (options: UniversalOptions) => universalPerturbation(net(), images, { ...base, ...options });
const largest = (v: Float32Array) => v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const lengthOf = (v: ArrayLike<number>) => Math.hypot(...Array.from(v));

describe.each(METHODS)("method %s", (method) => {
  it("returns the best v, the last v, and a history that adds up", async () => {
    const given = images.slice();
    const uap = await universalPerturbation(net(), given, { ...base, method, passes: 5 });
    expect(given).toEqual(images);
    expect((await foolingRate(net(), images, uap.perturbation)).rate).toBe(uap.foolingRate);
    expect((await foolingRate(net(), images, uap.last)).rate).toBe(uap.history.at(-1)?.foolingRate);
    expect(uap.history.map(({ pass }) => pass)).toEqual([1, 2, 3, 4, 5]);
    expect(uap.foolingRate).toBe(Math.max(...uap.history.map((pass) => pass.foolingRate)));
    expect(uap.foolingRate).toBeGreaterThan(0.3);
    expect(uap).toMatchObject({ radius: RADIUS, norm: Infinity, clip: false, method, seed: 4, warnings: [] });
    for (const { pass, gradients, updates, seconds } of uap.history) {
      const rounds = { sgd: 1, sga: 4, momentum: pass === 1 ? 3 : 1 };
      expect(gradients).toBe(rounds[method as keyof typeof rounds] * COUNT);
      expect(updates).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThan(0);
    }
    expect(largest(uap.last)).toBeLessThanOrEqual(RADIUS);
  });

  it("stays in the ball of the 2-norm", async () => {
    const uap = await craft({ method, norm: 2, radius: 0.5 });
    expect(lengthOf(uap.last)).toBeLessThanOrEqual(0.5);
    expect(lengthOf(uap.last)).toBeGreaterThan(0.2);
    expect(uap.foolingRate).toBeGreaterThan(0.2);
  });

  it("the seed decides the order and nothing else does", async () => {
    const last = async (seed: number) => (await craft({ method, seed })).last;
    expect(await last(1)).toEqual(await last(1));
    expect(await last(1)).not.toEqual(await last(2));
  });

  it("goes on from an initial v, projected, and does not write to it", async () => {
    const initial = new Float32Array(SIZE).fill(5);
    const uap = await craft({ method, initial, passes: 1 });
    expect([...initial]).toEqual(new Array(SIZE).fill(5));
    expect(largest(uap.last)).toBeLessThanOrEqual(RADIUS);
    const first = await craft({ method, passes: 4 });
    const more = await craft({ method, initial: first.perturbation, delta: 1 - first.foolingRate });
    expect(more.history).toEqual([]);
    expect(more.perturbation).toEqual(first.perturbation);
  });

  it("stops as soon as 1 - delta is reached", async () => {
    const uap = await craft({ method, radius: 0.6, passes: 20, delta: 0.5 });
    expect(uap.foolingRate).toBeGreaterThanOrEqual(0.5);
    expect(uap.history.slice(0, -1).every((pass) => pass.foolingRate < 0.5)).toBe(true);
    expect(uap.history.length).toBeLessThan(20);
  });

  it("comes to a target, counted among images that are not there", async () => {
    const { labels } = await net().logits(images);
    for (const target of [0, 2]) {
      const uap = await craft({ method, radius: 0.4, target, passes: 5 });
      const { newLabels } = await foolingRate(net(), images, uap.perturbation);
      const others = [...labels.keys()].filter((n) => labels[n] !== target);
      const there = others.filter((n) => newLabels[n] === target);
      expect(uap.foolingRate).toBe(there.length / others.length);
      expect(uap.foolingRate).toBeGreaterThan(0.5);
      expect(uap.target).toBe(target);
    }
  });

  it("repeats a patch under a tiling, and one tile changes no bit", async () => {
    const [height, width, channels] = SHAPE;
    const { last } = await craft({ method, tile: 2 });
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          const first = ((y % (height / 2)) * width + (x % (width / 2))) * channels + c;
          expect(last[(y * width + x) * channels + c]).toBe(last[first]);
        }
    expect(largest(last)).toBeGreaterThan(0);
    expect((await craft({ method, tile: 1 })).last).toEqual((await craft({ method })).last);
  });

  it("judges and differentiates clipped images with clip: true", async () => {
    const engine = net();
    let outside = false;
    const look = (x: Float32Array) => {
      outside ||= x.some((value) => value < 0 || value > 1);
    };
    const watching = {
      ...engine,
      logits: (x: Float32Array) => {
        look(x);
        return engine.logits(x);
      },
      jacobian: (x: Float32Array, options: Parameters<typeof engine.jacobian>[1]) => {
        look(x);
        return engine.jacobian(x, options);
      },
    };
    const options = { ...base, method, radius: 0.5, passes: 1 };
    const uap = await universalPerturbation(watching, images, { ...options, clip: true });
    expect(outside).toBe(false);
    expect((await foolingRate(engine, images, uap.last, { clip: true })).rate).toBe(uap.foolingRate);
    await universalPerturbation(watching, images, options);
    expect(outside).toBe(true);
  });

  it("reports progress through every pass", async () => {
    const seen: UniversalProgress[] = [];
    await craft({ method, passes: 2, onProgress: (p) => seen.push({ ...p }) });
    expect(seen[0]).toMatchObject({ pass: 1, passes: 2, images: COUNT });
    expect(seen[0].foolingRate).toBeUndefined();
    expect(seen.filter(({ image }) => image === COUNT).map(({ pass }) => pass)).toEqual([1, 2]);
    const places = seen.map(({ pass, image }) => pass * COUNT + image);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(seen.at(-1)?.foolingRate).toBeGreaterThan(0);
  });

  it("tells the rate of the images that a pass came to, as v was when it came to them", async () => {
    const running: (number | undefined)[] = [];
    const options = {
      method,
      batch: COUNT,
      passes: 3,
      ...(method === "sga" && { innerBatch: COUNT, innerPasses: 1 }),
      ...(method === "momentum" && { augment: false as const }),
    };
    for (const target of [undefined, 2]) {
      const uap = await craft({
        ...{ ...options, target },
        onProgress: ({ image, runningRate }) => image === COUNT && running.push(runningRate),
      });
      // One step a pass looks at all of them before it moves v.
      expect(running.splice(0)).toEqual([
        0,
        ...uap.history.slice(0, -1).map(({ foolingRate: rate }) => rate),
      ]);
      expect(uap.history[1].foolingRate).toBeGreaterThan(0);
    }
  });

  it("an abort hands over what there is", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = ({ pass, image }: UniversalProgress) => {
      if (pass === 2 && image < COUNT) controller.abort("enough");
    };
    // Batches that leave something to do.
    const error = await craft({ method, batch: 20, signal, onProgress }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UniversalAbortedError);
    const { result, cause } = error as UniversalAbortedError;
    expect(cause).toBe("enough");
    expect(result.history.length).toBe(1);
    expect(result.foolingRate).toBe(result.history[0].foolingRate);
    expect(largest(result.last)).toBeGreaterThan(0);
    const reason = AbortSignal.abort("early");
    await expect(craft({ method, signal: reason })).rejects.toThrow(UniversalAbortedError);
  });
});

/** The clean predictions, and the sum of the gradients of a loss at some images + v, from the definitions. */
async function definitions() {
  const engine = net();
  const { labels } = await engine.logits(images);
  const of = (indices: readonly number[]) => {
    const out = new Float32Array(indices.length * SIZE);
    indices.forEach((n, at) => {
      out.set(images.subarray(n * SIZE, (n + 1) * SIZE), at * SIZE);
    });
    return out;
  };
  return {
    labels,
    entropy: async (indices: readonly number[], v: Float32Array) =>
      (
        await gradient(engine, of(indices), {
          loss: "crossEntropy",
          labels: indices.map((n) => labels[n]),
          beta: 9,
          shift: v,
          sum: true,
        })
      ).values,
    jacobian: async (n: number, v: Float32Array) =>
      engine.jacobian(
        of([n]).map((x, i) => x + v[i]),
        { classes: Int32Array.from({ length: CLASSES }, (_, c) => c) },
      ),
  };
}

const batchesOf = (order: Int32Array, length: number) =>
  Array.from({ length: Math.ceil(order.length / length) }, (_, b) => [
    ...order.subarray(b * length, (b + 1) * length),
  ]);

describe("the formulas, one after the other", () => {
  it("sgd", async () => {
    const { entropy } = await definitions();
    const random = randomSource(4);
    const v = new Float32Array(SIZE);
    for (let pass = 0; pass < 2; pass++)
      for (const batch of batchesOf(randomOrder(COUNT, random), 16)) {
        const g = await entropy(batch, v);
        for (let i = 0; i < SIZE; i++) v[i] += 0.3 * RADIUS * Math.sign(g[i]);
        project(v, RADIUS, Infinity);
      }
    expect((await craft({ method: "sgd", passes: 2, batch: 16, stepSize: 0.3 })).last).toEqual(v);
  });

  it("sga with momentum", async () => {
    const { entropy } = await definitions();
    const random = randomSource(4);
    const v = new Float32Array(SIZE);
    let m = new Float64Array(SIZE);
    for (let pass = 0; pass < 2; pass++)
      for (const batch of batchesOf(randomOrder(COUNT, random), 30)) {
        const u = v.slice();
        const total = new Float64Array(SIZE);
        for (let round = 0; round < Math.max(1, Math.floor((3 * batch.length) / 4)); round++) {
          const some = [...randomOrder(batch.length, random).subarray(0, 4)].map((at) => batch[at]);
          const g = await entropy(some, u);
          for (let i = 0; i < SIZE; i++) {
            total[i] += g[i];
            u[i] += 0.1 * RADIUS * Math.sign(g[i]);
          }
          project(u, RADIUS, Infinity);
        }
        const sum = total.reduce((all, x) => all + Math.abs(x), 0);
        m = m.map((x, i) => 0.5 * x + total[i] / sum);
        for (let i = 0; i < SIZE; i++) v[i] += 0.1 * RADIUS * Math.sign(m[i]);
        project(v, RADIUS, Infinity);
      }
    const options = { passes: 2, batch: 30, innerBatch: 4, innerPasses: 3, momentum: 0.5 };
    expect((await craft({ method: "sga", ...options })).last).toEqual(v);
  });

  it.each(["equal", "near"] as const)("momentum, weighting %s", async (weighting) => {
    const { labels, jacobian } = await definitions();
    const random = randomSource(4);
    const v = new Float32Array(SIZE);
    let m = new Float64Array(SIZE);
    for (let pass = 0; pass < 2; pass++) {
      const batches = batchesOf(randomOrder(COUNT, random), 4);
      const a = Math.min(0.8, 6 / Math.sqrt(2 * batches.length));
      for (const [b, batch] of batches.entries()) {
        const done = (pass + (4 * b) / COUNT) / 2;
        const g = new Float64Array(SIZE);
        for (const n of batch) {
          const { logits, values } = await jacobian(n, v);
          const y = labels[n];
          const others = [...logits.keys()].filter((c) => c !== y);
          const c = others.reduce((best, k) => (logits[k] > logits[best] ? k : best));
          const w = Float32Array.from(
            { length: SIZE },
            (_, i) => values[c * SIZE + i] - values[y * SIZE + i],
          );
          const distance = (logits[y] - logits[c]) / w.reduce((all, x) => all + Math.abs(x), 0) / RADIUS;
          const f = weighting === "near" ? 1 / Math.cosh(distance / 0.2) ** 2 : 1;
          for (let i = 0; i < SIZE; i++) g[i] += (f / lengthOf(w)) * w[i];
        }
        const sum = g.reduce((all, x) => all + Math.abs(x), 0);
        m = m.map((x, i) => 0.9 * x + g[i] / sum);
        for (let i = 0; i < SIZE; i++) v[i] += a * RADIUS * (1 - done) * Math.sign(m[i]);
        project(v, RADIUS, Infinity);
      }
    }
    const { last } = await craft({ passes: 2, starts: 1, weighting, augment: false });
    // Norms are summed in another order here.
    expect(largest(last.map((x, i) => x - v[i]))).toBeLessThan(1e-6);
  });
});

describe("momentum", () => {
  it.each([
    [Infinity, 1, 0.8],
    [Infinity, 8, 6 / Math.sqrt(8 * Math.ceil(COUNT / 6))],
    [2, 1, 0.8],
    [2, 20, 8 / Math.sqrt(20 * Math.ceil(COUNT / 10))],
  ] as const)("steps in the norm %s over %i passes begin at %f radii", async (norm, passes, stepSize) => {
    const run = async (options: UniversalOptions) =>
      (await craft({ method: "momentum", norm, passes, starts: 1, ...options })).last.join();
    expect(await run({ stepSize })).toBe(await run({}));
    expect(await run({ stepSize: 0.9 * stepSize })).not.toBe(await run({}));
  });

  it("takes batches that make a hundred steps, of 4 to 10 images", async () => {
    for (const [passes, batch] of [
      [1, 4],
      [8, 6],
      [20, 10],
    ]) {
      const run = async (given: UniversalOptions) =>
        (await craft({ method: "momentum", passes, starts: 1, stepSize: 0.1, ...given })).last.join();
      expect(await run({ batch })).toBe(await run({}));
      expect(await run({ batch: batch + 1 })).not.toBe(await run({}));
    }
  });

  it("plans the first pass of several starts for itself, and the others from what it found", async () => {
    const alone = await craft({ method: "momentum", passes: 1, starts: 2 });
    let first = "";
    const all = await craft({
      ...{ method: "momentum", passes: 3, starts: 2 },
      onProgress: ({ pass, image, images: of, perturbation }) => {
        if (pass === 1 && image === of) first = perturbation.join();
      },
    });
    expect(first).toBe(alone.last.join());
    expect(all.history.map(({ gradients }) => gradients)).toEqual([2 * COUNT, COUNT, COUNT]);
    expect(all.last.join()).not.toBe(first);
  });

  it("keeps the best of several starts, whose gradients count", async () => {
    const one = await craft({ method: "momentum", passes: 1, starts: 1 });
    const best = await craft({ method: "momentum", passes: 1, starts: 4 });
    expect(best.history[0].gradients).toBe(4 * COUNT);
    expect(best.foolingRate).toBeGreaterThanOrEqual(one.foolingRate);
    expect((await foolingRate(net(), images, best.last)).rate).toBe(best.foolingRate);
  });

  it("mirrors images where the network takes three quarters of them, mirrored, for the same", async () => {
    const shape = [1, 8, 1];
    // Class 1 where the left half is the brighter one: few are, so that all the others stay what they are.
    const sides = (brighter: number) =>
      engineOf({
        ...{ shape, classes: 2 },
        logits: (x) => [brighter, x.reduce((sum, value, i) => sum + (i < 4 ? value ** 2 : -(value ** 2)), 0)],
        gradient: (x, c) => x.map((value, i) => (c === 0 ? 0 : i < 4 ? 2 * value : -2 * value)),
      });
    const pixels = randomImages(COUNT, 8, 21);
    const last = async (brighter: number, augment?: UniversalOptions["augment"]) =>
      (
        await universalPerturbation(sides(brighter), pixels, {
          ...base,
          norm: 2,
          weighting: "equal",
          augment,
        })
      ).last;
    for (const [brighter, flip] of [
      [2, true],
      [0, false],
    ] as const) {
      const usual = (await last(brighter)).join();
      expect((await last(brighter, { flip })).join()).toBe(usual);
      expect((await last(brighter, { flip: !flip })).join()).not.toBe(usual);
    }
  });

  it("moves images by an eighth of the shorter side, unless told otherwise", async () => {
    const shape = [8, 17, 1];
    const pixels = randomImages(COUNT, 136, 21);
    const last = async (augment?: UniversalOptions["augment"]) => {
      const engine = engineOf({ ...curved(136, CLASSES, 5), shape });
      const uap = await universalPerturbation(engine, pixels, { ...base, augment });
      expect(uap.foolingRate).toBeGreaterThan(0);
      return uap.last;
    };
    const usual = await last({ flip: true });
    expect(await last({ shift: 1, flip: true })).toEqual(usual);
    expect(await last({})).toEqual(await last());
    expect([usual, await last({ flip: false })]).toContainEqual(await last());
    expect(await last({ shift: 1 })).toEqual(await last());
    const still = await last(false);
    expect(await last({ shift: 0, flip: false })).toEqual(still);
    const shifted = await last({ flip: false });
    const mirrored = await last({ shift: 0, flip: true });
    const all = [usual, still, shifted, mirrored].map((v) => v.join());
    expect(new Set(all).size).toBe(4);
  });

  it("moves many images less", async () => {
    const engine = () => engineOf({ ...curved(256, CLASSES, 5), shape: [16, 16, 1] });
    const run = async (pixels: Float32Array, augment?: UniversalOptions["augment"]) =>
      (
        await universalPerturbation(engine(), pixels, {
          ...{ norm: Infinity, radius: RADIUS, passes: 1, starts: 1, seed: 4 },
          augment: { flip: false, ...augment },
        })
      ).last.join();
    for (const [count, shift] of [
      [100, 2],
      [400, 1],
    ]) {
      const pixels = randomImages(count, 256, 21);
      expect(await run(pixels, { shift })).toBe(await run(pixels));
      expect(await run(pixels, { shift: 3 - shift })).not.toBe(await run(pixels));
    }
  });

  it("takes vectors as they are", async () => {
    const vectors = engineOf(curved(SIZE, CLASSES, 5));
    const usual = await universalPerturbation(vectors, images, base);
    const still = await universalPerturbation(vectors, images, { ...base, augment: false });
    expect(still.last).toEqual(usual.last);
    const augment = { shift: 0, flip: true };
    await expect(universalPerturbation(vectors, images, { ...base, augment })).rejects.toThrow(
      /augment is given for inputs of shape 48, expected images$/,
    );
  });
});

describe("what is left to it", () => {
  it("three starts, but one from a v that is given; images near the boundary count more", async () => {
    const usual = await craft({});
    expect(await craft({ starts: 3, weighting: "near" })).toMatchObject({ last: usual.last });
    const initial = usual.last;
    const more = await craft({ initial });
    expect(more.history[0].gradients).toBe(COUNT);
    expect(await craft({ initial, starts: 1 })).toMatchObject({ last: more.last });
    const equal = await craft({ weighting: "equal" });
    expect(equal.last).not.toEqual(usual.last);
    const free = { dataFree: true, passes: 1 };
    expect((await craft(free)).history[0].gradients).toBe(500);
  });

  it("moves v where all images are too far from the boundary for a weight that is a number", async () => {
    const slight = { ...curved(SIZE, CLASSES, 5), shape: SHAPE };
    const radius = 1e-6;
    const { labels, logits } = await engineOf(slight).logits(images);
    const second = (n: number) =>
      Math.max(...logits.subarray(n * CLASSES, (n + 1) * CLASSES).filter((_, c) => c !== labels[n]));
    const near = images.slice(0, SIZE);
    expect((logits[labels[0]] - second(0)) / radius).toBeGreaterThan(1000);
    const uap = await universalPerturbation(engineOf(slight), near, { radius, passes: 1 });
    expect(largest(uap.last)).toBeGreaterThan(0);
  });

  it("the method is momentum, or DeepFool where an option is given that is its alone", async () => {
    expect((await craft({})).method).toBe("momentum");
    expect((await craft({ delta: 0.9, starts: 2 })).method).toBe("momentum");
    for (const options of [{ classes: 3 }, { steps: 5 }, { overshoot: 0.1 }, { profile: "lts4" as const }])
      expect((await craft(options)).method).toBe("deepfool");
  });

  it("few images are gone over more often, up to a hundred times", async () => {
    const passes = async (count: number, options: UniversalOptions = {}) => {
      const some = images.subarray(0, count * SIZE);
      return (await universalPerturbation(net(), some, { radius: RADIUS, ...options })).history.length;
    };
    expect(await passes(COUNT)).toBe(15);
    expect(await passes(3)).toBe(100);
    expect(await passes(COUNT, { method: "sgd" })).toBe(15);
    expect(await passes(COUNT, { dataFree: true })).toBe(10);
    const many = randomImages(300, SIZE, 3);
    expect((await universalPerturbation(net(), many, { radius: RADIUS })).history.length).toBe(10);
  });

  it("goes on where all images are fooled; the best v is the last of equals", async () => {
    const [first] = (await craft({ radius: 0.6, passes: 3 })).history;
    const { labels, newLabels } = await foolingRate(
      net(),
      images,
      (await craft({ radius: 0.6, passes: 3 })).last,
    );
    expect(first.updates).toBeGreaterThan(0);
    const n = labels.findIndex((label, i) => label !== newLabels[i]);
    const uap = await universalPerturbation(net(), images.slice(n * SIZE, (n + 1) * SIZE), {
      ...{ ...base, radius: 0.6, passes: 8 },
    });
    expect(uap.history.map(({ foolingRate: rate }) => rate).filter((rate) => rate === 1).length).toBe(8);
    expect(uap.perturbation).toEqual(uap.last);
  });
});

describe("wrong options", () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ method: "adam" }, /method is "adam", expected "deepfool" or "sgd" or "sga" or "momentum"/],
    [{ beta: 9 }, /beta is given with method "momentum", expected method "sgd" or "sga"/],
    [{ beta: 9, classes: 3 }, /beta is given with method "deepfool", expected method "sgd" or "sga"/],
    [{ method: "sgd", classes: 3 }, /classes is given with method "sgd", expected method "deepfool"/],
    [{ method: "sgd", momentum: 0.5 }, /momentum is given .* expected method "sga" or "momentum"/],
    [{ method: "sgd", target: CLASSES }, /target is 4, expected an integer from 0 to 3/],
    [{ method: "sgd", target: 1, beta: 9 }, /beta is 9 with target 1/],
    [{ method: "sgd", tile: 3 }, /tile is 3, expected a divisor .* \(4x6x2\)/],
    [{ method: "sgd", batch: 0 }, /batch is 0/],
    [{ method: "sga", innerBatch: 1.5 }, /innerBatch is 1.5/],
    [{ method: "sga", momentum: 1 }, /momentum is 1, expected a number in \[0, 1\)/],
    [{ method: "momentum", stepSize: -1 }, /stepSize is -1/],
    [{ method: "momentum", weighting: "far" }, /weighting is "far"/],
    [{ method: "momentum", augment: { shift: -1 } }, /augment.shift is -1/],
    [{ method: "momentum", augment: { turn: 1 } }, /unknown option "turn"/],
    [{ augment: { flip: 1 } }, /augment.flip is 1/],
    [{ augment: true }, /augment is true, expected an object/],
  ])("%j", async (options, says) => {
    const error = await craft(options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain("\n");
  });

  it("a target that all images are taken for already", async () => {
    const constant = engineOf({
      shape: SHAPE,
      classes: 2,
      logits: () => [0, 1],
      gradient: () => new Float32Array(SIZE),
    });
    await expect(universalPerturbation(constant, images, { method: "sgd", target: 1 })).rejects.toThrow(
      /target is 1, the prediction at every image, expected another class$/,
    );
  });
});

describe("warnings", () => {
  const constant = () =>
    engineOf(
      { shape: SHAPE, classes: 2, logits: () => [0, 1], gradient: () => new Float32Array(SIZE) },
      { classNames: ["cat", "dog"] },
    );

  it.each(["deepfool", ...METHODS] as const)("of %s name what is odd", async (method) => {
    const odd = await universalPerturbation(constant(), images, { method, passes: 2, radius: 3 });
    expect(odd.warnings.length).toBe(3);
    expect(odd.warnings[0]).toMatch(
      /all 70 clean images are taken for class 1 \("dog"\), .*range, mean and std/,
    );
    expect(odd.warnings[1]).toMatch(/radius is 3, wider than the range 0\.\.1/);
    expect(odd.warnings[2]).toMatch(/v never changed in 2 passes/);
  });
});
