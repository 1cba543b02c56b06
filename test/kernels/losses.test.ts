import { describe, expect, test } from "vitest";
import { type Loss, lossAndSeed, lossesOf, runnerUp } from "../../src/kernels/losses/reference.js";
import { randomValues } from "../support/random_values.js";

const C = 6;
const labels = Int32Array.of(2, 5);

function randomLogits(seed: number, scale = 3): Float64Array {
  const random = randomValues(seed);
  return Float64Array.from({ length: C }, () => random.uniform(-scale, scale));
}

const clean = Float32Array.from([...randomLogits(91), ...randomLogits(92)]);
const cotangents = Float32Array.from([...randomLogits(93), ...randomLogits(94)]);

const LOSSES: readonly (readonly [string, Loss])[] = [
  ["cross-entropy", { loss: "crossEntropy", labels, targeted: false, beta: Infinity }],
  ["clamped cross-entropy", { loss: "crossEntropy", labels, targeted: false, beta: 3 }],
  ["targeted cross-entropy", { loss: "crossEntropy", labels, targeted: true, beta: Infinity }],
  ["logit", { loss: "logit", labels, targeted: false }],
  ["targeted logit", { loss: "logit", labels, targeted: true }],
  ["margin", { loss: "margin", labels, targeted: false, kappa: 1 }],
  ["targeted margin", { loss: "margin", labels, targeted: true, kappa: 1 }],
  ["cosine", { loss: "cosine", clean }],
  ["cotangents", { loss: "cotangents", cotangents }],
];

describe.each(LOSSES)("%s", (_, loss) => {
  test("the seed is the derivative, by central differences", () => {
    let zeros = 0;
    for (let round = 0; round < 20; round++) {
      const n = round % 2;
      const z = randomLogits(round);
      const seed = new Float64Array(C).fill(7);
      const value = lossAndSeed(loss, n, z, seed);
      expect(Number.isFinite(value)).toBe(true);
      const h = 1e-5;
      for (let c = 0; c < C; c++) {
        const at = (step: number) => lossAndSeed(loss, n, z.with(c, z[c] + step), new Float64Array(C));
        // Curvature h^2 and rounding 1e-16 / h.
        expect(Math.abs((at(h) - at(-h)) / (2 * h) - seed[c])).toBeLessThan(1e-8);
      }
      if (seed.every((s) => s === 0)) zeros++;
    }
    expect(zeros).toBeLessThan(15);
  });

  test("an image of a part of the batch is the same image", () => {
    const z = randomLogits(1);
    const [whole, part] = [new Float64Array(C), new Float64Array(C)];
    expect(lossAndSeed(lossesOf(loss, C, 1, 2), 0, z, part)).toBe(lossAndSeed(loss, 1, z, whole));
    expect(part).toEqual(whole);
  });
});

describe("by hand", () => {
  const seed = new Float64Array(2);
  const z = Float64Array.of(Math.log(3), 0);
  const one = Int32Array.of(0);

  test("cross-entropy of odds 3 to 1", () => {
    const loss = { loss: "crossEntropy", labels: one, targeted: false } as const;
    expect(lossAndSeed({ ...loss, beta: 1 }, 0, z, seed)).toBeCloseTo(Math.log(4 / 3), 14);
    expect(seed[0]).toBeCloseTo(-0.25, 14);
    expect(seed[1]).toBeCloseTo(0.25, 14);
    // At the clamp, and beyond it.
    expect(lossAndSeed({ ...loss, beta: 0.25 }, 0, z, seed)).toBe(0.25);
    expect([...seed]).toEqual([0, 0]);
    const tie = Float64Array.of(5, 5);
    expect(lossAndSeed({ ...loss, beta: Math.log(2) }, 0, tie, seed)).toBe(Math.log(2));
    expect([...seed]).toEqual([0, 0]);
  });

  test("seeds of a certain class do not cancel to 0", () => {
    const loss: Loss = { loss: "crossEntropy", labels: one, targeted: false, beta: Infinity };
    lossAndSeed(loss, 0, Float64Array.of(60, 0), seed);
    expect(seed[0]).toBe(-seed[1]);
    expect(seed[1] / Math.exp(-60)).toBeCloseTo(1, 12);
  });

  test("margin", () => {
    const loss = { loss: "margin", labels: one, targeted: false } as const;
    expect(lossAndSeed({ ...loss, kappa: 10 }, 0, z, seed)).toBe(-Math.log(3));
    expect([...seed]).toEqual([-1, 1]);
    const fooled = Float64Array.of(0, 4);
    expect(lossAndSeed({ ...loss, kappa: 4 }, 0, fooled, seed)).toBe(4);
    expect([...seed]).toEqual([0, 0]);
    expect(lossAndSeed({ ...loss, kappa: Infinity }, 0, fooled, seed)).toBe(4);
    expect([...seed]).toEqual([-1, 1]);
    expect(lossAndSeed({ ...loss, targeted: true, kappa: 3 }, 0, fooled, seed)).toBe(-4);
    expect([...seed]).toEqual([1, -1]);
  });

  test("cosine of a right angle and of nothing", () => {
    const loss: Loss = { loss: "cosine", clean: Float32Array.of(0, 2) };
    expect(lossAndSeed(loss, 0, Float64Array.of(3, 0), seed)).toBe(-0);
    expect(seed[0]).toBeCloseTo(0, 14);
    expect(seed[1]).toBeCloseTo(-1 / 3, 14);
    expect(lossAndSeed(loss, 0, Float64Array.of(0, 0), seed)).toBe(0);
    expect([...seed]).toEqual([0, 0]);
  });

  test("infinite logits have an order", () => {
    const loss: Loss = { loss: "crossEntropy", labels: one, targeted: false, beta: Infinity };
    expect(lossAndSeed(loss, 0, Float64Array.of(Infinity, 1), seed)).toBe(0);
    expect([...seed]).toEqual([-0, 0]);
    expect(lossAndSeed(loss, 0, Float64Array.of(Infinity, Infinity), seed)).toBe(Math.log(2));
    expect([...seed]).toEqual([-0.5, 0.5]);
    expect(lossAndSeed(loss, 0, Float64Array.of(-Infinity, 1), seed)).toBe(Infinity);
    expect([...seed]).toEqual([-1, 1]);
    const margin: Loss = { loss: "margin", labels: one, targeted: false, kappa: 1 };
    expect(lossAndSeed(margin, 0, Float64Array.of(Infinity, Infinity), seed)).toBe(-0);
    expect([...seed]).toEqual([-1, 1]);
    const cotangent: Loss = { loss: "cotangents", cotangents: Float32Array.of(1, 0) };
    expect(lossAndSeed(cotangent, 0, Float64Array.of(2, Infinity), seed)).toBe(2);
  });

  test("the runner-up is the first of the largest others", () => {
    expect(runnerUp([5, 5, 5], 0)).toBe(1);
    expect(runnerUp([5, 5, 5], 1)).toBe(0);
    expect(runnerUp([5, 5, 5], 2)).toBe(0);
    expect(runnerUp([1, 9, 3, 4], 1)).toBe(3);
    expect(runnerUp([1, 9, 3, 0], 3)).toBe(1);
    expect(runnerUp([-Infinity, 2], 1)).toBe(0);
  });
});
