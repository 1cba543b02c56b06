import { describe, expect, test } from "vitest";
import { randomValues } from "../support/random_values.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;
const RUNS = [1, 3, 4, 5, 31, 32, 33, 37, 67];

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-3, 3));
}

describe.each(variants)("pixel_map, $variant", ({ relaxed }) => {
  for (const run of RUNS)
    for (const rows of [1, 2, 11])
      for (const accumulate of [0, 1])
        test(`error <= (n + 1) u sum |f x|, ${rows} rows of ${run} floats, accumulate ${accumulate}`, () => {
          const kernels = new WasmKernels(relaxed);
          const values = randomValues(run + rows);
          const pixels = 7;
          const [xStep, yStep] = [run + 3, run + 2];
          const entries = Array.from({ length: rows }, (_, i) =>
            // Row 1 has no entries.
            Array.from({ length: i === 1 ? 0 : values.integer(1, 9) }, () => ({
              column: values.integer(0, pixels - 1),
              factor: Math.fround(values.uniform(-2, 2)),
            })),
          );
          const starts = Int32Array.from({ length: rows + 1 }, (_, i) => entries.slice(0, i).flat().length);
          const x = random(pixels * xStep, 1);
          // Between the rows lies what the kernel must not touch.
          const before = random(rows * yStep, 2);
          const y = kernels.inout(before);
          kernels.call("pixel_map", rows, {
            x: kernels.input(x),
            y,
            starts: kernels.input(starts),
            columns: kernels.input(Int32Array.from(entries.flat(), (e) => e.column)),
            factors: kernels.input(Float32Array.from(entries.flat(), (e) => e.factor)),
            run,
            xStep,
            yStep,
            accumulate,
          });
          const expected = Float64Array.from(before);
          const bound = new Float64Array(before.length);
          for (const [i, row] of entries.entries())
            for (let e = 0; e < run; e++) {
              const terms = row.map(({ column, factor }) => factor * x[column * xStep + e]);
              if (accumulate) terms.unshift(before[i * yStep + e]);
              expected[i * yStep + e] = terms.reduce((sum, term) => sum + term, 0);
              bound[i * yStep + e] =
                terms.length < 1
                  ? 0
                  : (terms.length + 1) * U * terms.reduce((sum, term) => sum + Math.abs(term), 0);
            }
          expectWithin(y.values(), expected, (i) => bound[i]);
        });

  test("a row without entries gives 0 whatever was there", () => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(37);
    const ints = kernels.input(Int32Array.of(0, 0));
    const floats = kernels.input(Float32Array.of(0));
    const empty = { x: floats, starts: ints, columns: ints, factors: floats, xStep: 37, yStep: 37 };
    kernels.call("pixel_map", 1, { ...empty, y, run: 37, accumulate: 0 });
    expect(y.values()).toEqual(new Float32Array(37));
  });
});

describe.each(variants)("gather_units, $variant", ({ relaxed }) => {
  for (const units of [1, 255, 256, 257, 515, 263])
    for (const run of [1, 3, 4, 8, 12])
      for (const accumulate of [0, 1])
        test(`exact: ${units} units of ${run} floats, accumulate ${accumulate}`, () => {
          const kernels = new WasmKernels(relaxed);
          const values = randomValues(units + run);
          const sources = 31;
          const index = Int32Array.from({ length: units }, () => values.integer(-1, sources - 1));
          const x = random(sources * run, 1).map(Math.round);
          const before = random(units * run, 2).map(Math.round);
          const y = accumulate ? kernels.inout(before) : kernels.output(units * run);
          kernels.call("gather_units", Math.ceil(units / 256), {
            x: kernels.input(x),
            y,
            index: kernels.input(index),
            units,
            run,
            accumulate,
          });
          const expected = before.map((value, i) => {
            const source = index[Math.floor(i / run)];
            return (accumulate ? value : 0) + (source < 0 ? 0 : x[source * run + (i % run)]);
          });
          expectWithin(y.values(), expected, () => 0);
        });
});

describe.each(variants)("copy_rows, $variant", ({ relaxed }) => {
  for (const rows of [1, 63, 64, 65, 131, 67])
    for (const run of [1, 4, 7, 16, 29])
      for (const accumulate of [0, 1])
        test(`exact: ${rows} rows of ${run} floats, accumulate ${accumulate}`, () => {
          const kernels = new WasmKernels(relaxed);
          const [xStep, yStep] = [run + 2, run + 5];
          const x = random(rows * xStep, 1).map(Math.round);
          const before = random(rows * yStep, 2).map(Math.round);
          const y = kernels.inout(before);
          kernels.call("copy_rows", Math.ceil(rows / 64), {
            x: kernels.input(x),
            y,
            rows,
            run,
            xStep,
            yStep,
            accumulate,
          });
          const expected = before.map((value, i) => {
            const [row, e] = [Math.floor(i / yStep), i % yStep];
            return e < run ? x[row * xStep + e] + (accumulate ? value : 0) : value;
          });
          expectWithin(y.values(), expected, () => 0);
        });
});
