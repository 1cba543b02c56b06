import { describe, expect, it } from "vitest";
import { foolingRate } from "../../src/api/evaluate.js";
import { gradient } from "../../src/api/gradient.js";
import { randomOrder, randomSource } from "../../src/api/random.js";
import { jigsaw } from "../../src/api/universal/jigsaw.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { project } from "../../src/kernels/projection/reference.js";
import { curved, engineOf, randomImages } from "./analytic_engines.js";

const SHAPE = [4, 4, 2];
const SIZE = 32;
const images = randomImages(12, SIZE, 21);
const net = (range: readonly [number, number] = [0, 1]) =>
  engineOf({ ...curved(SIZE, 4, 5), shape: SHAPE }, { range });
const base: UniversalOptions = {
  method: "momentum",
  dataFree: true,
  radius: 0.2,
  passes: 2,
  seed: 4,
  batch: 50,
};

describe.each(["sgd", "sga", "momentum"] as const)("without data, %s", (method) => {
  it("makes v of the seed alone, and measures it on the images", async () => {
    const uap = await universalPerturbation(net(), images, { ...base, method });
    const other = await universalPerturbation(net(), randomImages(30, SIZE, 5), { ...base, method });
    expect(other.last).toEqual(uap.last);
    expect(uap.perturbation).toEqual(uap.last);
    expect((await foolingRate(net(), images, uap.last)).rate).toBe(uap.foolingRate);
    expect(uap.history.map(({ gradients }) => gradients)).toEqual(
      new Array(2).fill(method === "sga" ? 2000 : 500),
    );
    expect(uap.foolingRate).toBeGreaterThan(0.2);
    const again = await universalPerturbation(net(), images, { ...base, method, seed: 5 });
    expect(again.last).not.toEqual(uap.last);
  });
});

it("goes through all passes, even where every image is fooled", async () => {
  const first = await universalPerturbation(net(), images, base);
  const { labels, newLabels } = await foolingRate(net(), images, first.last);
  const n = labels.findIndex((label, i) => label !== newLabels[i]);
  const fooled = images.slice(n * SIZE, (n + 1) * SIZE);
  const uap = await universalPerturbation(net(), fooled, { ...base, initial: first.last });
  expect(uap.history.length).toBe(2);
});

it("ascends minus the cosine of the logits with and without v", async () => {
  const engine = net();
  const random = randomSource(4);
  const v = Float32Array.from({ length: SIZE }, () => (random() >= 2 ** 31 ? 0.02 : -0.02));
  for (let pass = 0; pass < 2; pass++) {
    const drawn = new Float32Array(500 * SIZE);
    for (let n = 0; n < 500; n++) drawn.set(jigsaw(SHAPE, pass === 0 ? 1 : 10, [0, 1], random), n * SIZE);
    const { logits } = await engine.logits(drawn);
    const order = [...randomOrder(500, random)];
    for (let from = 0; from < 500; from += 125) {
      const some = order.slice(from, from + 125);
      const of = (values: Float32Array, length: number) =>
        Float32Array.from(some.flatMap((n) => [...values.subarray(n * length, (n + 1) * length)]));
      const { values } = await gradient(engine, of(drawn, SIZE), {
        ...({ loss: "cosine", clean: of(logits, 4) } as const),
        ...{ shift: v, sum: true },
      });
      for (let i = 0; i < SIZE; i++) v[i] += 0.02 * Math.sign(values[i]);
      project(v, 0.2, Infinity);
    }
  }
  const { last } = await universalPerturbation(engine, images, { ...base, method: "sgd", batch: 125 });
  expect(last).toEqual(v);
  expect(v.some((x) => Math.abs(x) > 0.1)).toBe(true);
});

it.each([
  [{ target: 1 }, /target is 1 with dataFree/],
  [{ delta: 0.1 }, /delta is 0.1 with dataFree/],
  [{ starts: 2 }, /starts is 2 with dataFree/],
  [{ weighting: "near" as const }, /weighting is "near" with dataFree/],
  [{ method: "sgd" as const, beta: 3 }, /beta is 3 with dataFree/],
  [{ dataFree: 1 as never }, /dataFree is 1, expected true or false/],
  [
    { method: "deepfool" as const, batch: undefined },
    /dataFree is given with method "deepfool", expected method/,
  ],
])("rejects %j", async (options, says) => {
  const call = universalPerturbation(net(), images, { ...base, ...options });
  const error = await call.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect((error as Error).message).toMatch(says);
});

describe("jigsaw", () => {
  it("has rectangles of one colour, as many as the cuts make at most, in the range", () => {
    const random = randomSource(1);
    const kinds = new Set<number>();
    for (let n = 0; n < 40; n++) {
      const image = jigsaw([9, 7, 3], 2, [-1, 3], random);
      const colours = new Set<string>();
      for (let p = 0; p < 63; p++) colours.add([...image.subarray(3 * p, 3 * p + 3)].join());
      expect(colours.size).toBeLessThanOrEqual(9);
      kinds.add(colours.size);
      expect(image.every((x) => x >= -1 && x <= 3)).toBe(true);
      // Rows and columns change colour together.
      const at = (y: number, x: number) => image[(y * 7 + x) * 3];
      for (let y = 1; y < 9; y++) {
        const changes = Array.from({ length: 7 }, (_, x) => at(y, x) !== at(y - 1, x));
        expect(new Set(changes).size).toBe(1);
      }
    }
    expect(kinds.size).toBeGreaterThan(2);
  });

  it("of a vector is cut along its length", () => {
    const image = jigsaw([50], 3, [0, 1], randomSource(2));
    const changes = image.filter((x, i) => i > 0 && x !== image[i - 1]).length;
    expect(changes).toBeGreaterThan(0);
    expect(changes).toBeLessThanOrEqual(3);
  });
});
