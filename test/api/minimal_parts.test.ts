import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, answersTo } from "../../src/api/minimal/answers.js";
import { levelsOf } from "../../src/api/minimal/levels.js";
import { nearestOnPlane } from "../../src/api/minimal/nearest_on_plane.js";
import type { MinimalOptions } from "../../src/api/minimal/options.js";
import type { Question, Rows } from "../../src/api/minimal/question.js";
import { dot, normOf } from "../../src/api/minimal/trail.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import { scaleBytes } from "../../src/images/levels.js";
import {
  affine,
  type Classifier,
  curved,
  engineOf,
  randomImages,
  request,
  uniform,
} from "./analytic_engines.js";

const ANYWHERE = [-Infinity, Infinity] as const;

describe("answersTo", () => {
  const soft = curved(2, 4, 3);
  const engine = engineOf({
    ...soft,
    logits: (x) => (x[0] > 0.9 ? [Number.NaN, 0, 0, 0] : soft.logits(x)),
  });
  const common = { caller: "minimalPerturbation", engine, deepfool: request(), signal: undefined };
  const slope = (x: number, target: number | undefined): Question => ({
    ...{ ask: "slope", target },
    point: Float32Array.of(x, 0.5),
  });
  const rows = (x: number, ...classes: number[]): Question => ({
    ask: "rows",
    point: Float32Array.of(x, 0.5),
    classes: Int32Array.from(classes),
  });
  const asked = (questions: readonly Question[]): Asked[] =>
    questions.map((question, n) => ({ question, index: 10 + n, label: 0 }));

  it("slopes with a target and without are each image's own, and in its place", async () => {
    const questions = [slope(0.1, undefined), slope(0.2, 3), slope(0.3, undefined), slope(0.4, 1)];
    const together = await answersTo(common, asked(questions));
    for (const [n, question] of questions.entries())
      expect([together[n]]).toEqual(await answersTo(common, asked([question])));
  });

  it("rows of other classes, and of other numbers of them, too", async () => {
    const questions = [rows(0.1, 2, 0), rows(0.2, 1, 2, 3), rows(0.3, 1, 0), rows(0.4, 3)];
    const together = await answersTo(common, asked(questions));
    questions.forEach((question, n) => {
      const { point, classes } = question as Extract<Question, { ask: "rows" }>;
      const expected = [...classes].flatMap((c) => Array.from(soft.gradient(point, c)).map(Math.fround));
      expect([...(together[n] as Rows).rows]).toEqual(expected);
    });
  });

  it("a NaN is the image's whose it is", async () => {
    const answers = answersTo(common, asked([slope(0.1, 2), slope(0.2, undefined), slope(0.95, 1)]));
    await expect(answers).rejects.toMatchObject({ name: "EngineError", image: 12 });
    await expect(answers).rejects.toThrow(/^minimalPerturbation: a logit of image 12 is NaN/);
  });
});

describe("nearestOnPlane", () => {
  it("is DeepFool's step where nothing is in the way", () => {
    const [image, w] = [Float32Array.of(0, 0), Float32Array.of(3, -4)];
    expect([...nearestOnPlane(image, w, 5, 2, ANYWHERE)!]).toEqual([0.6000000000000001, -0.8]);
    expect([...nearestOnPlane(image, w, 7, Infinity, ANYWHERE)!]).toEqual([1, -1]);
  });

  it("leaves pixels at their bounds and goes farther in the others", () => {
    const [image, w] = [Float32Array.of(0.5, 0.5), Float32Array.of(3, 4)];
    const r = nearestOnPlane(image, w, 0.8, 2, [0, 0.625])!;
    expect([r[0], r[1]]).toEqual([(0.8 - 4 * 0.125) / 3, 0.125]);
  });

  it.each([
    ["c is not positive", Float32Array.of(1, 1), 0],
    ["w is 0", Float32Array.of(0, 0), 1],
    ["the plane lies beyond the bounds", Float32Array.of(1, 1), 1.25],
  ])("there is none where %s", (_, w, c) => {
    for (const norm of [2, Infinity] as const)
      expect(nearestOnPlane(Float32Array.of(0.5, 0.5), w, c, norm, [0, 1])).toBeUndefined();
  });

  it.each([2, Infinity] as const)(
    "is on the plane, within bounds, and nothing there is shorter, p = %s",
    (norm) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 2 ** 31 }),
          fc.double({ min: 0.02, max: 0.95, noNaN: true }),
          (seed, share) => {
            const size = 6;
            const next = uniform(seed);
            const image = randomImages(1, size, seed + 1);
            const w = Float32Array.from({ length: size }, () => next());
            // As far as the bounds allow, times a share.
            const most = w.reduce(
              (sum, value, i) => sum + (value > 0 ? value * (1 - image[i]) : -value * image[i]),
              0,
            );
            const c = share * most;
            const r = nearestOnPlane(image, w, c, norm, [0, 1])!;
            expect(Math.abs(dot(w, r) - c)).toBeLessThan(1e-12);
            r.forEach((value, i) => {
              expect(image[i] + value).toBeGreaterThanOrEqual(0);
              expect(image[i] + value).toBeLessThanOrEqual(1);
            });
            // Feasible points, from random ones of the box, moved along the segment to the farthest corner until on the plane.
            for (let tries = 0; tries < 20; tries++) {
              const other = image.map((x) => (next() + 1) / 2 - x);
              const corner = w.map((value, i) => (value > 0 ? 1 - image[i] : -image[i]));
              const [from, to] = [dot(w, other), dot(w, corner)];
              if (from > c) continue;
              const t = (c - from) / (to - from);
              const there = Float64Array.from(other, (value, i) => value + t * (corner[i] - value));
              expect(normOf(there, norm)).toBeGreaterThanOrEqual(normOf(r, norm) * (1 - 1e-6));
            }
          },
        ),
        { numRuns: 200 },
      );
    },
  );
});

/** FMN as published, on its own, in float64, without bounds: the shortest that fooled. */
function published(
  { logits, gradient, shape }: Classifier,
  x0: Float32Array,
  p: number,
  steps: number,
): number {
  const size = shape[0];
  const length = (v: readonly number[], q: number) =>
    q === 2
      ? Math.hypot(...v)
      : q === 1
        ? v.reduce((s, x) => s + Math.abs(x), 0)
        : Math.max(...v.map(Math.abs));
  const best = (z: readonly number[], but: number) =>
    z.reduce((top, value, c) => (c !== but && (top < 0 || value > z[top]) ? c : top), -1);
  const label = best(Array.from(logits(x0)), -1);
  let d: number[] = new Array(size).fill(0);
  let [radius, shortest] = [Infinity, Infinity];
  for (let i = 0; i <= steps; i++) {
    const x = x0.map((value, j) => value + d[j]);
    const z = Array.from(logits(x));
    const other = best(z, label);
    const margin = z[other] - z[label];
    if (margin > 0) shortest = Math.min(shortest, length(d, p));
    if (i === steps) break;
    const h = (1 + Math.cos((Math.PI * i) / steps)) / 2;
    const gamma = 0.001 + 0.049 * h;
    const g = d.map((_, j) => gradient(x, other)[j] - gradient(x, label)[j]);
    if (margin > 0) radius = Math.min(radius * (1 - gamma), shortest);
    else if (shortest < Infinity) radius *= 1 + gamma;
    else {
      const estimate = length(d, p) + Math.abs(margin) / length(g, p === 2 ? 2 : 1);
      radius = Math.max(estimate, radius < Infinity ? radius * (1 + gamma) : 0);
    }
    const step = (0.01 + 0.99 * h) / length(g, 2);
    d = d.map((value, j) => value + step * g[j]);
    const out = length(d, p);
    if (out > radius)
      d = d.map((value) => (p === 2 ? (value * radius) / out : Math.min(Math.max(value, -radius), radius)));
  }
  return shortest;
}

describe("fmn", () => {
  it.each([2, Infinity] as const)("is the published rule, p = %s", async (norm) => {
    const classifier = curved(5, 4, 3);
    const images = randomImages(12, 5, 8);
    const steps = 30;
    const hit = await minimalPerturbation(engineOf(classifier), images, {
      method: "fmn",
      norm,
      steps,
      bounds: ANYWHERE,
    });
    let compared = 0;
    for (let n = 0; n < 12; n++) {
      const expected = published(classifier, images.subarray(5 * n, 5 * n + 5), norm, steps);
      // float32 gradients and points; each step is a contraction or a projection, errors add up.
      if (expected < Infinity && Math.abs(hit.norms[n] / expected - 1) < 1e-4) compared++;
    }
    // Where a point lies within rounding of the boundary the radius may go the other way.
    expect(compared).toBeGreaterThanOrEqual(10);
  });

  it("takes steps in units of the range's width", async () => {
    const classifier = curved(5, 4, 3);
    const bytes: Classifier = {
      ...classifier,
      logits: (x) => classifier.logits(x.map((v) => v / 255)),
      gradient: (x, c) =>
        Array.from(
          classifier.gradient(
            x.map((v) => v / 255),
            c,
          ),
          (v) => v / 255,
        ),
    };
    const images = randomImages(6, 5, 8);
    const unit = await minimalPerturbation(engineOf(classifier), images, { method: "fmn" });
    const wide = await minimalPerturbation(
      engineOf(bytes, { range: [0, 255] }),
      images.map((v) => 255 * v),
      { method: "fmn" },
    );
    expect(unit.succeeded).toEqual(wide.succeeded);
    wide.norms.forEach((norm, n) => {
      if (unit.succeeded[n]) expect(Math.abs(norm / 255 / unit.norms[n] - 1)).toBeLessThan(1e-2);
    });
  });
});

describe("levels", () => {
  const size = 48;
  const bytes = Uint8Array.from(randomImages(16, size, 5), (x) => Math.round(255 * x));
  const methods: readonly MinimalOptions[] = [
    { method: "sdf" },
    { method: "fmn", norm: Infinity },
    { method: "deepfool" },
    { method: "deepfool", targets: Array.from(bytes.subarray(0, 16), (x) => x % 4) },
  ];

  it.each([
    [0, 1],
    [0, 255],
    [-1, 1],
  ] as const)("points are bytes, and fool, range [%s, %s]", async (low, high) => {
    const narrow = curved(size, 4, 5);
    const unit = (x: Float32Array) => x.map((v) => (v - low) / (high - low));
    const classifier: Classifier = {
      ...narrow,
      logits: (x) => narrow.logits(unit(x)),
      gradient: (x, c) => Array.from(narrow.gradient(unit(x), c), (v) => v / (high - low)),
    };
    const engine = engineOf(classifier, { range: [low, high] });
    const images = scaleBytes(bytes, [low, high]);
    const all = scaleBytes(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      [low, high],
    );
    for (const options of methods) {
      const exact = await minimalPerturbation(engine, images, options);
      const hit = await minimalPerturbation(engine, images, { ...options, levels: 256 });
      const { labels } = await engine.logits(hit.adversarial);
      expect(hit.newLabels).toEqual(labels);
      expect(hit.succeeded).toEqual(exact.succeeded);
      expect(hit.rounded).toEqual(hit.succeeded);
      expect(hit.succeeded.reduce((a, b) => a + b)).toBeGreaterThan(6);
      for (const x of hit.adversarial) expect(all).toContain(x);
      hit.perturbation.forEach((r, i) => {
        expect(r).toBe(Math.fround(hit.adversarial[i] - images[i]));
      });
    }
  });

  it("says which images nothing on the levels fools, and leaves those off them", async () => {
    // Class 1 in a band of 0.01 around 0.45 that lies between the levels 0.4 and 0.5 of eleven.
    const band = { low: 0.445, high: 0.455 };
    const engine = engineOf({
      shape: [1],
      classes: 2,
      logits: (x) => [0, Math.min(x[0] - band.low, band.high - x[0])],
      gradient: (x, c) => [c === 0 ? 0 : x[0] < 0.45 ? 1 : -1],
    });
    const images = Float32Array.of(0.4, 0.5, 0.45);
    const hit = await minimalPerturbation(engine, images, { levels: 11 });
    expect([...hit.labels]).toEqual([0, 0, 1]);
    expect([...hit.succeeded]).toEqual([1, 1, 1]);
    expect([...hit.rounded!]).toEqual([0, 0, 1]);
    expect(hit.adversarial[0]).toBeGreaterThan(band.low);
    expect(hit.adversarial[0]).toBeLessThan(band.high);
    expect([Math.fround(0.4), Math.fround(0.5)]).toContain(hit.adversarial[2]);
  });

  it("an image that was not fooled is on no level", async () => {
    const flat = engineOf(
      affine(
        [
          [1, 1],
          [1, 1],
        ],
        [1, 0],
      ),
    );
    const hit = await minimalPerturbation(flat, Float32Array.of(0, 1), { levels: 256 });
    expect([...hit.rounded!, ...hit.succeeded]).toEqual([0, 0]);
  });

  it("counts those within bounds", () => {
    expect(levelsOf(256, [0, 255], [9.5, 20])).toMatchObject({ lowest: 10, highest: 20 });
    expect(levelsOf(3, [0, 1], ANYWHERE)).toMatchObject({ lowest: 0, highest: 2 });
  });
});
