import { describe, expect, test } from "vitest";
import { ROW_SUMS } from "../../src/kernels/row_norms/row_sums.js";
import { expectGuarded } from "../support/guarded.js";
import { type RandomValues, randomValues } from "../support/random_values.js";
import { rowKernels } from "../support/row_kernel.js";
import { floatBits } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

const U = 2 ** -53;
const ROWS = 5;
/** Below, at and above the eight parts of a row. */
const WIDTHS = [1, 3, 7, 8, 9, 15, 16, 17, 131, 1029];
/** Below, at and above a vector and a tile of 1024 units. */
const UNITS = [1, 3, 4, 5, 131, 1023, 1024, 1025, 2053];

const floats = (random: RandomValues, length: number, range = 2): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-range, range));
const doubles = (random: RandomValues, length: number): Float64Array =>
  Float64Array.from({ length }, () => random.uniform(-2, 2));

/** What kernels keep and what they lose: zeros, denormals, infinities, NaN, and largest and smallest numbers. */
const SPECIAL = [0, -0, 1e-45, -1e-39, 2 ** -126, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN];
const special = (units: number): Float32Array =>
  Float32Array.from({ length: units }, (_, u) => SPECIAL[u % SPECIAL.length]);

describe("row_sums", () => {
  /** Every term of a row's part. */
  function terms(a: Float32Array, base: Float64Array | undefined, order: 1 | 2, part: number): number[] {
    const row = Math.floor(part / ROW_SUMS);
    const units = a.length / ROWS;
    return Array.from(a.subarray(row * units, (row + 1) * units), (x, u) => x - (base?.[u] ?? 0))
      .filter((_, u) => u % ROW_SUMS === part % ROW_SUMS)
      .map((w) => (order === 2 ? w * w : Math.abs(w)));
  }

  function run(a: Float32Array, base: Float64Array | undefined, order: 1 | 2, before: Float64Array) {
    const kernels = rowKernels();
    const sums = kernels.inout(before);
    kernels.call("row_sums", ROWS, {
      a: kernels.input(a),
      units: a.length / ROWS,
      base: base ? kernels.input(base) : 0,
      sums,
      order,
    });
    return sums.values();
  }

  describe.each([1, 2] as const)("order %i", (order) => {
    test.each(WIDTHS)("rows of %i: error of a part <= n u sum of its n terms", (units) => {
      const random = randomValues(units + order);
      for (const base of [undefined, doubles(random, units)]) {
        const a = floats(random, ROWS * units);
        const before = doubles(random, ROWS * ROW_SUMS).map(Math.abs);
        const of = Array.from(before, (first, part) => [first, ...terms(a, base, order, part)]);
        // Terms are the same; the sum's order is not.
        const expected = of.map((list) => list.toSorted((x, y) => x - y).reduce((s, x) => s + x, 0));
        const found = run(a, base, order, before);
        expectGuarded(found, expected, (i) => 2 * of[i].length * U * expected[i], [1, ROW_SUMS]);
      }
    });

    test("a row in pieces of multiples of eight has the same bits as the whole", () => {
      const random = randomValues(order);
      const [units, cut] = [131, 64];
      const [a, base] = [floats(random, ROWS * units), doubles(random, units)];
      const zero = new Float64Array(ROWS * ROW_SUMS);
      const piece = (from: number, to: number) =>
        Float32Array.from({ length: ROWS * (to - from) }, (_, i) => {
          const [row, u] = [Math.floor(i / (to - from)), i % (to - from)];
          return a[row * units + from + u];
        });
      const first = run(piece(0, cut), base.slice(0, cut), order, zero);
      expectSame(run(piece(cut, units), base.slice(cut), order, first), run(a, base, order, zero));
    });

    test("infinities and NaN stay in their row and part, and nothing overflows", () => {
      const a = new Float32Array(ROWS * 11).fill(3e38);
      a[2 * 11 + 9] = Number.NaN;
      a[3 * 11 + 4] = -Infinity;
      const found = run(a, undefined, order, new Float64Array(ROWS * ROW_SUMS));
      found.forEach((sum, part) => {
        if (part === 2 * ROW_SUMS + 1) expect(sum).toBeNaN();
        else if (part === 3 * ROW_SUMS + 4) expect(sum).toBe(Infinity);
        else expect(sum > 1e38 && sum < Infinity).toBe(true);
      });
    });
  });
});

/** The kernels that go unit by unit, in tiles of 1024; in place, too, where y may be x. */
describe.each(UNITS)("%i units", (units) => {
  const random = randomValues(units);
  const tiles = Math.ceil(units / 1024);
  const inputs: [string, Float32Array][] = [
    ["random", floats(random, units)],
    ["special values", special(units)],
  ];

  test.each(inputs)("widen is exact: %s", (_, x) => {
    const kernels = rowKernels();
    const y = kernels.inout(new Float64Array(units).fill(-7));
    kernels.call("widen", tiles, { x: kernels.input(x), y, units });
    expectSame(y.values(), x);
  });

  test.each(inputs)("clamp_to_ball is exact and keeps NaN: %s", (_, x) => {
    const bound = 0.75;
    const expected = x.map((v) => Math.min(Math.max(v, -bound), bound));
    expectInPlaceToo(x, expected, (kernels, from, y) =>
      kernels.call("clamp_to_ball", tiles, { x: from, bound: floatBits(bound), y, units }),
    );
  });

  test.each(inputs)("scale_to_ball is a float64 product, rounded once: %s", (_, x) => {
    const scale = 0.1;
    expectInPlaceToo(
      x,
      x.map((v) => scale * v),
      (kernels, from, y) =>
        kernels.call("scale_to_ball", tiles, {
          x: from,
          scale: kernels.input(Float64Array.of(scale)),
          y,
          units,
        }),
    );
  });

  test("row_step is a float64 step of either order, rounded once", () => {
    const [x, base] = [floats(random, units), doubles(random, units)];
    // No step at all; one that is -0 before 0 is added.
    for (let u = 0; u < units; u += 3) base[u] = x[u];
    for (let u = 1; u < units; u += 7) [x[u], base[u]] = [-0, 0];
    const scale = -1 / 3;
    for (const order of [1, 2] as const) {
      const step = (w: number) => (order === 2 ? scale * w + 0 : scale * Math.sign(w) + 0);
      const expected = x.map((v, u) => step(v - base[u]) + 0);
      expectInPlaceToo(x, expected, (kernels, from, y) =>
        kernels.call("row_step", tiles, {
          x: from,
          base: kernels.input(base),
          scale: kernels.input(Float64Array.of(scale)),
          order,
          y,
          units,
        }),
      );
      if (units > 2) expect(expected.some((v) => v !== 0)).toBe(true);
    }
  });
});

type Kernels = ReturnType<typeof rowKernels>;
type FloatBlock = ReturnType<Kernels["input"]>;

function expectInPlaceToo(
  x: Float32Array,
  expected: Float32Array,
  call: (kernels: Kernels, x: FloatBlock, y: FloatBlock) => void,
): void {
  for (const inPlace of [false, true]) {
    const kernels = rowKernels();
    const from = (inPlace ? kernels.inout(x) : kernels.input(x)) as FloatBlock;
    const y = inPlace ? from : (kernels.output(x.length) as FloatBlock);
    call(kernels, from, y);
    expectSame(y.values(), expected);
  }
}

describe("top_classes", () => {
  test.each([1, 3, 64, 1000])("of %i classes: the largest first, of equals the first", (classes) => {
    const random = randomValues(classes);
    const logits = Float32Array.from({ length: classes }, () => random.integer(-9, 9));
    const count = Math.min(classes, 10);
    const kernels = rowKernels();
    const top = kernels.inout(new Int32Array(count).fill(-7));
    kernels.call("top_classes", 1, {
      logits: kernels.input(logits),
      classes,
      label: 0,
      count: kernels.input(Int32Array.of(count)),
      top,
    });
    const ranked = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
    expect([...top.values()]).toEqual(ranked.slice(0, count));
  });
});
