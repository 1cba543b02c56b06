import { describe, expect, it } from "vitest";
import { foolingRate } from "../../src/api/evaluate.js";
import { wilsonInterval } from "../../src/api/wilson.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { curved, engineOf, randomImages } from "./analytic_engines.js";

const SIZE = 12;
const COUNT = 90;
const CLASSES = 4;
const images = randomImages(COUNT, SIZE, 31);
const v = Float32Array.from({ length: SIZE }, (_, i) => 0.3 * Math.sin(2 * i + 1));
const net = (range: readonly [number, number] = [0, 1]) => engineOf(curved(SIZE, CLASSES, 5), { range });

/** Predictions at images that a function makes of image n's pixels and v's. */
const judge = async (pixel: (x: number, v: number) => number) =>
  (await net().logits(images.map((x, i) => pixel(x, v[i % SIZE])))).labels;
const shareOf = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;

describe("foolingRate", () => {
  it("counts changed predictions, of all images", async () => {
    const labels = await judge((x) => x);
    const newLabels = await judge((x, d) => x + d);
    const found = await foolingRate(net(), images, v);
    expect(found).toEqual({
      rate: shareOf([...labels].map((label, n) => label !== newLabels[n])),
      interval: wilsonInterval([...labels].filter((label, n) => label !== newLabels[n]).length, COUNT),
      counted: COUNT,
      labels,
      newLabels,
    });
    expect(found.rate).toBeGreaterThan(0.1);
    expect(found.rate).toBeLessThan(0.9);
  });

  it("with a target counts images that come to it, of those that are not there", async () => {
    const labels = await judge((x) => x);
    const newLabels = await judge((x, d) => x + d);
    for (let target = 0; target < CLASSES; target++) {
      const others = [...labels.keys()].filter((n) => labels[n] !== target);
      const { rate, counted } = await foolingRate(net(), images, v, { target });
      expect(counted).toBe(others.length);
      expect(rate).toBe(shareOf(others.map((n) => newLabels[n] === target)));
    }
  });

  it.each([2, 5, 256])("with levels counts again as if stored in a picture of %i", async (levels) => {
    const labels = await judge((x) => x);
    const grid = (x: number) => Math.round(Math.min(Math.max(x, 0), 1) * (levels - 1)) / (levels - 1);
    const stored = await judge((x, d) => grid(Math.fround(x + d)));
    const { rounded, rate } = await foolingRate(net(), images, v, { levels });
    expect(rounded?.rate).toBe(shareOf([...labels].map((label, n) => label !== stored[n])));
    const hits = Math.round((rounded?.rate ?? 0) * COUNT);
    expect(rounded?.interval).toEqual(wilsonInterval(hits, COUNT));
    if (levels === 2) expect(rounded?.rate).not.toBe(rate);
  });

  it("levels lie in the engine's range", async () => {
    const scaled = images.map((x) => 255 * x);
    const classifier = curved(SIZE, CLASSES, 5);
    const bytes = engineOf(
      { ...classifier, logits: (x) => classifier.logits(x.map((value) => value / 255)) },
      { range: [0, 255] },
    );
    const units = await foolingRate(net(), images, v, { levels: 3 });
    const { rounded } = await foolingRate(
      bytes,
      scaled,
      v.map((d) => 255 * d),
      { levels: 3 },
    );
    expect(rounded).toEqual(units.rounded);
  });

  it.each([2, Infinity] as const)("the baseline has signs at random and v's %s-norm", async (norm) => {
    const seen: Float32Array[] = [];
    const plain = net();
    const watching = {
      ...plain,
      logits: (x: Float32Array) => {
        seen.push(x.slice(0, SIZE));
        return plain.logits(x);
      },
    };
    const { labels } = await plain.logits(images);
    const { baseline } = await foolingRate(watching, images, v, {
      labels,
      batch: COUNT,
      baseline: { norm, seed: 3 },
    });
    const signs = seen.at(-1)?.map((x, i) => x - images[i]) ?? new Float32Array();
    const size =
      norm === 2 ? Math.hypot(...v) / Math.sqrt(SIZE) : v.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    for (const x of signs) expect(Math.abs(x)).toBeCloseTo(size, 5);
    expect(new Set([...signs].map(Math.sign)).size).toBe(2);
    const shifted = await plain.logits(
      images.map((x, i) => x + Math.sign(signs[i % SIZE]) * Math.fround(size)),
    );
    expect(baseline?.rate).toBe(shareOf([...labels].map((label, n) => label !== shifted.labels[n])));
    const again = await foolingRate(plain, images, v, { baseline: { norm, seed: 3 } });
    expect(again.baseline).toEqual(baseline);
  });

  it("reports progress through all that it judges", async () => {
    const seen: (readonly [number, number])[] = [];
    const onProgress = (done: number, total: number) => seen.push([done, total]);
    await foolingRate(net(), images, v, { levels: 256, baseline: {}, batch: 45, onProgress });
    expect(seen.map(([done]) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((k) => k * 45));
    expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([4 * COUNT]));
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ target: CLASSES }, /target is 4, expected an integer from 0 to 3/],
    [{ levels: 1 }, /levels is 1, expected an integer from 2/],
    [{ baseline: { norm: 1 } }, /baseline.norm is 1, expected 2 or Infinity/],
    [{ baseline: { seed: -1 } }, /baseline.seed is -1/],
    [{ baseline: { radius: 1 } }, /unknown option "radius"/],
    [{ target: 1, labels: new Int32Array(COUNT).fill(1) }, /target is 1, the prediction at every image/],
  ])("rejects %j", async (options, says) => {
    const error = await foolingRate(net(), images, v, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toMatch(says);
  });
});

describe("wilsonInterval", () => {
  it.each([
    // Roots of (p - p0)^2 = z^2 p0 (1 - p0) / n, as statistics packages print them.
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [50, 100, 0.4038, 0.5962],
    [81, 263, 0.2553, 0.3662],
  ])("%i of %i", (hits, count, low, high) => {
    const [from, to] = wilsonInterval(hits, count);
    expect(from).toBeCloseTo(low, 4);
    expect(to).toBeCloseTo(high, 4);
  });
});
