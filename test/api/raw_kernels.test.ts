import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepfoolStep, project, rowNorms } from "../../src/kernels.js";
import { uniform } from "./analytic_engines.js";

const floats = (n: number, seed: number, scale = 1) => {
  const next = uniform(seed);
  return Float32Array.from({ length: n }, () => scale * next());
};
const norm2 = (v: ArrayLike<number>) => Math.sqrt(Array.from(v).reduce((s, x) => s + x * x, 0));
const normInf = (v: ArrayLike<number>) => Array.from(v).reduce((m, x) => Math.max(m, Math.abs(x)), 0);

describe("rowNorms", () => {
  it("sums in float64, row by row", () => {
    const matrix = Float32Array.of(3, -4, 1, 1);
    expect([...rowNorms(matrix, 2)]).toEqual([5, Math.SQRT2]);
    expect([...rowNorms(matrix, 2, 1)]).toEqual([7, 2]);
  });

  it("keeps small values beside large ones, and overflows only where a value is infinite", () => {
    // In float32 the million ones would vanish beside 2^24.
    const row = new Float32Array(1_000_001).fill(1);
    row[0] = 2 ** 24;
    expect(rowNorms(row, row.length, 1)[0]).toBe(2 ** 24 + 1_000_000);
    expect(Number.isFinite(rowNorms(Float32Array.of(3e38, 3e38), 2)[0])).toBe(true);
    expect([...rowNorms(Float32Array.of(Infinity, 0, Number.NaN, 1), 2)]).toEqual([Infinity, Number.NaN]);
  });
});

describe("project", () => {
  it.each([2, Infinity] as const)("p = %s: inside the ball exactly, idempotent, identity inside", (norm) => {
    const length = norm === 2 ? norm2 : normInf;
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1e-3, max: 10, noNaN: true }), (seed, radius) => {
        const v = floats(37, seed, 3);
        const projected = project(v, { radius, norm });
        expect(length(projected)).toBeLessThanOrEqual(radius);
        expect(project(projected, { radius, norm })).toEqual(projected);
        if (length(v) <= radius) expect(projected).toEqual(v);
        else expect(length(projected)).toBeGreaterThan(radius * (1 - 2 ** -22));
      }),
    );
  });

  it.each([2, Infinity] as const)("p = %s: no point of the ball is nearer", (norm) => {
    const length = norm === 2 ? norm2 : normInf;
    const v = floats(5, 8, 2);
    const radius = 0.7;
    const distance = norm2(project(v, { radius, norm }).map((x, i) => x - v[i]));
    expect(distance).toBeGreaterThan(0.1);
    for (let trial = 0; trial < 2000; trial++) {
      const w = floats(5, trial, 1);
      const scale = radius / Math.max(length(w), radius);
      expect(norm2(w.map((x, i) => x * scale - v[i]))).toBeGreaterThan(distance * (1 - 2 ** -20));
    }
  });

  it("works vector by vector, and in place", () => {
    const v = Float32Array.of(3, 4, 0.3, 0.4);
    expect(project(v, { radius: 1, norm: 2, size: 2, out: v })).toBe(v);
    expect(Math.abs(v[0] - 0.6)).toBeLessThan(2 ** -22);
    expect([v[2], v[3]]).toEqual([Math.fround(0.3), Math.fround(0.4)]);
    expect([...project(Float32Array.of(-2, 0.25), { radius: 0.5, norm: Infinity })]).toEqual([-0.5, 0.25]);
  });
});

describe("deepfoolStep", () => {
  // Two images, three candidates, D = 2. Differences of the first: (3, 4), (-8, 0); of the second: (0, 0), (0, 1).
  const jacobian = Float32Array.of(1, 1, 4, 5, -7, 1, 2, 2, 2, 2, 2, 3);
  const logits = Float32Array.of(4.5, 3.5, 3.25, 1, 0.5, -1);

  it("p = 2", () => {
    const { steps, chosen, distances } = deepfoolStep(jacobian, logits, { classes: 3 });
    expect([...chosen]).toEqual([2, 2]);
    expect([...distances]).toEqual([1.25 / 8, 2]);
    expect([...steps]).toEqual([-1.25 / 8, 0, 0, 2]);
  });

  it("p = infinity", () => {
    const { steps, chosen, distances } = deepfoolStep(jacobian, logits, { classes: 3, norm: Infinity });
    expect([...chosen]).toEqual([1, 2]);
    expect([...distances]).toEqual([1 / 7, 2]);
    expect([...steps]).toEqual([Math.fround(1 / 7), Math.fround(1 / 7), 0, 2]);
  });

  it("adds the profile's constants and writes to out", () => {
    const out = new Float32Array(5).fill(Number.NaN);
    const { steps } = deepfoolStep(jacobian, logits, { classes: 3, profile: "lts4-torch", out });
    expect(steps).toBe(out);
    expect([...out]).toEqual([Math.fround(-1.25 / 8 - 1e-4), 0, 0, Math.fround(2 + 1e-4), Number.NaN]);
  });

  it("reports where there is no step", () => {
    const { steps, chosen, distances } = deepfoolStep(new Float32Array(6), Float32Array.of(1, 0), {
      classes: 2,
    });
    expect([[...steps], [...chosen], [...distances]]).toEqual([[0, 0, 0], [0], [Infinity]]);
  });

  it.each([
    [
      () => deepfoolStep(jacobian, logits, { classes: 1 }),
      "deepfoolStep: classes is 1, expected an integer >= 2",
    ],
    [
      () => deepfoolStep(jacobian, logits, { classes: 4 }),
      /^deepfoolStep: logits has 6 values, expected .* of 4 \(/,
    ],
    [() => deepfoolStep(jacobian.slice(1), logits, { classes: 3 }), /^deepfoolStep: jacobian has 11 values/],
    [() => rowNorms(jacobian, 5), /^rowNorms: matrix has 12 values, expected .* multiple of 5/],
    [() => project(logits, { radius: 0, norm: 2 }), "project: radius is 0, expected a positive number"],
    [() => project(logits, { radius: 1, norm: 1 as 2 }), "project: norm is 1, expected 2 or Infinity"],
    [
      () => project(Float32Array.of(0, Infinity), { radius: 1, norm: 2 }),
      "project: vectors[1] is Infinity, expected finite values",
    ],
    [
      () => project(undefined as never, { radius: 1, norm: 2 }),
      "project: size is undefined, expected an integer >= 1",
    ],
  ])("rejects wrong arguments %#", (call, message) => {
    expect(call).toThrow(message);
  });
});
