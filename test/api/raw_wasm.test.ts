/** `openKernels` against the loops that define it: same errors, same results to the stated rounding, on both sides of every cut. */
import { afterAll, describe, expect, it } from "vitest";
import { TILE_UNITS } from "../../src/kernels/deepfool_step/loop_state.js";
import { PROFILE_NAMES } from "../../src/kernels/deepfool_step/profiles.js";
import { BLOCK_ROWS, BLOCK_VALUES } from "../../src/kernels/rows/blocks.js";
import { rowModule } from "../../src/kernels/wasm/row_module.generated.js";
import * as loops from "../../src/kernels.js";
import { uniform } from "./analytic_engines.js";

const U = 2 ** -53;
const kernels = loops.openKernels();
afterAll(() => kernels.dispose());

const floats = (length: number, seed: number, scale = 1): Float32Array => {
  const next = uniform(seed);
  return Float32Array.from({ length }, () => scale * (2 * next() - 1));
};
/** What norms may differ by, relatively. */
const bound = (size: number): number => ((9 / 8) * size + 8) * U;

function expectNear(own: ArrayLike<number>, right: ArrayLike<number>, relative: number): void {
  expect(own.length).toBe(right.length);
  for (let i = 0; i < right.length; i++) {
    const same = Object.is(own[i], right[i]) || own[i] === right[i];
    if (!same && !(Math.abs(own[i] - right[i]) <= relative * Math.abs(right[i])))
      expect.fail(`value ${i} is ${own[i]}, expected ${right[i]} to ${relative}`);
  }
}

/** Bit by bit, but for which NaN; quick for a million values. */
function expectSame(own: Float32Array, right: Float32Array): void {
  expect(own.length).toBe(right.length);
  const at = own.findIndex((x, i) => !Object.is(x, right[i]));
  if (at >= 0) expect.fail(`value ${at} is ${own[at]}, expected ${right[at]}`);
}

/** A vector's lanes, a kernel's tile and what lies in memory at a time, and what is just more or less. */
const SIZES = [1, 2, 3, 7, 8, 9, 31, 100, TILE_UNITS - 1, TILE_UNITS, TILE_UNITS + 9];
const LARGE = [BLOCK_VALUES - 1, BLOCK_VALUES, BLOCK_VALUES + 1, 2 * BLOCK_VALUES + 12];

describe("rowNorms", () => {
  it.each([...SIZES, ...LARGE])("rows of %i", (size) => {
    const rows = size > TILE_UNITS + 9 ? 3 : 5;
    const matrix = floats(rows * size, size);
    for (const q of [1, 2] as const) {
      const right = loops.rowNorms(matrix, size, q);
      expectNear(kernels.rowNorms(matrix, size, q), right, bound(size));
      expect(right.every((norm) => norm > 0)).toBe(true);
    }
  });

  it("of more rows than fit at a time: each as by itself", () => {
    const [rows, size] = [BLOCK_ROWS + 3, 13];
    const matrix = floats(rows * size, 1);
    const norms = kernels.rowNorms(matrix, size);
    for (const m of [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, rows - 1])
      expect(norms[m]).toBe(kernels.rowNorms(matrix.slice(m * size, (m + 1) * size), size)[0]);
    expectNear(norms, loops.rowNorms(matrix, size), bound(size));
  });

  it("does not overflow, and keeps what is infinite or NaN to its row", () => {
    const matrix = Float32Array.of(3e38, 3e38, Infinity, 1, 1, Number.NaN, 1e-40, 0, 0, 0);
    expectNear(kernels.rowNorms(matrix, 2), loops.rowNorms(matrix, 2), bound(2));
    expectNear(kernels.rowNorms(matrix, 2, 1), loops.rowNorms(matrix, 2, 1), bound(2));
  });
});

describe("deepfoolStep", () => {
  const compare = (
    jacobian: Float32Array,
    logits: Float32Array,
    options: Parameters<typeof loops.deepfoolStep>[2],
  ): loops.DeepfoolStep => {
    const right = loops.deepfoolStep(jacobian, logits, options);
    const own = kernels.deepfoolStep(jacobian, logits, options);
    const size = jacobian.length / logits.length;
    expect(own.chosen).toEqual(right.chosen);
    expectNear(own.distances, right.distances, 2 * bound(size));
    // A last bit of float32.
    expectNear(own.steps, right.steps, 2 ** -23 + 4 * bound(size));
    return right;
  };

  it.each([...SIZES, BLOCK_VALUES / 8, BLOCK_VALUES / 4 + 3, BLOCK_VALUES + 5])(
    "D = %i, every profile and norm",
    (size) => {
      const [count, classes] = size > TILE_UNITS + 9 ? [2, 4] : [3, 5];
      const [jacobian, logits] = [floats(count * classes * size, size), floats(count * classes, size + 1)];
      for (const profile of PROFILE_NAMES)
        for (const norm of [2, Infinity] as const) {
          const { steps, chosen } = compare(jacobian, logits, { classes, norm, profile });
          // Zeros would not do.
          if (size > 1) expect(chosen.every((k) => k > 0) && steps.some((x) => x !== 0)).toBe(true);
        }
    },
  );

  it("an image's step does not depend on its batch-mates", () => {
    const [count, classes, size] = [4, 10, 777];
    const [jacobian, logits] = [floats(count * classes * size, 5), floats(count * classes, 6)];
    const all = kernels.deepfoolStep(jacobian, logits, { classes });
    for (let n = 0; n < count; n++) {
      const one = kernels.deepfoolStep(
        jacobian.subarray(n * classes * size, (n + 1) * classes * size),
        logits.subarray(n * classes, (n + 1) * classes),
        { classes },
      );
      expectSame(all.steps.subarray(n * size, (n + 1) * size), one.steps);
      expect([all.chosen[n], all.distances[n]]).toEqual([one.chosen[0], one.distances[0]]);
    }
  });

  it.each(PROFILE_NAMES)("what is zero, tied, infinite or NaN: as the loops, %s", (profile) => {
    const size = 19;
    const row = (value: number) => new Float32Array(size).fill(value);
    const images: [Float32Array[], number[]][] = [
      // No gradient differs.
      [
        [row(1), row(1), row(1)],
        [1, 0, 0],
      ],
      // Two boundaries at the same distance; a logit that ties; one that is larger.
      [
        [row(0), row(1), row(-1)],
        [1, 0, 0],
      ],
      [
        [row(0), row(1), row(2)],
        [1, 1, 0],
      ],
      [
        [row(0), row(1), row(2)],
        [1, 3, 0],
      ],
      [
        [row(0), row(Infinity), row(2)],
        [1, 0, 0],
      ],
      [
        [row(0), row(Number.NaN), row(2)],
        [1, 0, 0],
      ],
      [
        [row(0), row(1), row(2)],
        [1, Infinity, 0],
      ],
      [
        [row(0), row(1), row(2)],
        [1, Number.NaN, -Infinity],
      ],
      [
        [row(0), row(1e-38), row(2e-38)],
        [1, 0, 0],
      ],
    ];
    const jacobian = Float32Array.from(images.flatMap(([rows]) => rows.flatMap((r) => [...r])));
    const logits = Float32Array.from(images.flatMap(([, scores]) => scores));
    for (const norm of [2, Infinity] as const) compare(jacobian, logits, { classes: 3, norm, profile });
  });

  it("writes to out, and to no more of it than it needs", () => {
    const [jacobian, logits] = [floats(2 * 3 * 10, 8), floats(6, 9)];
    const out = new Float32Array(25).fill(-7);
    const { steps } = kernels.deepfoolStep(jacobian, logits, { classes: 3, out });
    expect(steps).toBe(out);
    expect(out.subarray(0, 20)).toEqual(kernels.deepfoolStep(jacobian, logits, { classes: 3 }).steps);
    expect([...out.subarray(20)]).toEqual(new Array(5).fill(-7));
    for (const spelling of [loops, kernels]) {
      const over = { classes: 3, out: jacobian.subarray(40) };
      expect(() => spelling.deepfoolStep(jacobian.subarray(0, 60), logits, over)).toThrow(
        loops.InvalidArgumentError,
      );
      expect(() => spelling.deepfoolStep(jacobian, logits, over)).toThrow(
        /^deepfoolStep: out overlaps jacobian/,
      );
    }
  });
});

describe("project", () => {
  it.each([...SIZES, ...LARGE])("vectors of %i: the loops' values, inside the ball", (size) => {
    const vectors = floats(3 * size, size + 3, 2);
    // One that is inside already.
    vectors.subarray(size, 2 * size).forEach((x, i, inside) => {
      inside[i] = 1e-4 * x;
    });
    for (const norm of [2, Infinity] as const) {
      const options = { radius: 0.5, norm, size };
      const own = kernels.project(vectors, options);
      expectNear(own, loops.project(vectors, options), norm === 2 ? 2 ** -23 : 0);
      expectSame(own.subarray(size, 2 * size), vectors.subarray(size, 2 * size));
      for (let n = 0; n < 3; n++) {
        const one = own.subarray(n * size, (n + 1) * size);
        const length = norm === 2 ? Math.sqrt(one.reduce((s, x) => s + x * x, 0)) : Math.max(...chunks(one));
        expect(length).toBeLessThanOrEqual(0.5 * (norm === 2 ? 1 + bound(size) : 1));
        expectSame(kernels.project(vectors.slice(n * size, (n + 1) * size), { radius: 0.5, norm }), one);
      }
      const place = vectors.slice();
      expect(kernels.project(place, { ...options, out: place })).toBe(place);
      expectSame(place, own);
    }
  });

  it.each([Number.NaN, Infinity, -Infinity])("of %s is an error, and nothing is written", (wrong) => {
    const vectors = floats(2 * BLOCK_VALUES, 2).with(BLOCK_VALUES + 3, wrong);
    const out = new Float32Array(vectors.length).fill(-7);
    const message = `project: vectors[${BLOCK_VALUES + 3}] is ${wrong}, expected finite values`;
    for (const spelling of [loops, kernels])
      for (const norm of [2, Infinity] as const) {
        expect(() => spelling.project(vectors, { radius: 1, norm, size: BLOCK_VALUES, out })).toThrow(
          message,
        );
        expect(out.every((x) => x === -7)).toBe(true);
      }
  });

  /** Largest magnitudes of parts, few enough for arguments of a call. */
  function chunks(values: Float32Array): number[] {
    const found: number[] = [];
    for (let i = 0; i < values.length; i += 10000)
      found.push(values.subarray(i, i + 10000).reduce((m, x) => Math.max(m, Math.abs(x)), 0));
    return found;
  }
});

describe("topClasses", () => {
  it.each([
    [1, 1],
    [3, 10],
    [BLOCK_ROWS + 2, 5],
    [7, 1000],
    [2, BLOCK_VALUES + 1],
  ])("%i images of %i classes: exact", (images, classes) => {
    // Few values, so that many tie.
    const logits = floats(images * classes, classes).map((x) => Math.round(3 * x));
    logits[0] = Number.NaN;
    logits[logits.length - 1] = Infinity;
    for (const count of [1, Math.min(4, classes), Math.min(classes, 70)])
      expect(kernels.topClasses(logits, { classes, count })).toEqual(
        loops.topClasses(logits, { classes, count }),
      );
  });
});

describe("openKernels", () => {
  it("is one small module, which a page may compile at once", () => {
    expect(Buffer.from(rowModule, "base64").length).toBeLessThan(4096);
  });

  it("checks its arguments as the loops do", () => {
    const calls: ((
      k: Pick<typeof loops, "deepfoolStep" | "project" | "rowNorms" | "topClasses">,
    ) => unknown)[] = [
      (k) => k.deepfoolStep(new Float32Array(5), new Float32Array(2), { classes: 2 }),
      (k) => k.rowNorms(new Float32Array(5), 2),
      (k) => k.rowNorms(new Float32Array(4), 2, 3 as never),
      (k) => k.project(new Float32Array(4), { radius: -1, norm: 2 }),
      (k) => k.topClasses(new Float32Array(4), { classes: 2, count: 3 }),
    ];
    for (const call of calls) {
      let message = "";
      try {
        call(loops);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toContain("expected");
      expect(() => call(kernels)).toThrow(loops.InvalidArgumentError);
      expect(() => call(kernels)).toThrow(message);
    }
  });

  it("two of them share nothing, and none works after dispose", () => {
    const [first, second] = [loops.openKernels(), loops.openKernels()];
    const matrix = floats(40, 1);
    const norms = first.rowNorms(matrix, 10);
    first.dispose();
    first.dispose();
    expect(() => first.rowNorms(matrix, 10)).toThrow(loops.EngineError);
    expect(() => first.topClasses(matrix, { classes: 10, count: 1 })).toThrow(
      /^topClasses: the kernels were disposed, expected/,
    );
    expect(second.rowNorms(matrix, 10)).toEqual(norms);
    second[Symbol.dispose]();
  });
});
