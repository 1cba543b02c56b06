/** Testers of kernels that move or mix rows of floats: `pixel_map`, `gather_units`, `copy_rows`. */
import { expectGuarded } from "../guarded.js";
import { type RandomValues, randomValues } from "../random_values.js";
import { expectUntouched, poisoned, WasmKernels } from "../wasm_kernel.js";
import { expectSame } from "../within.js";

const U = 2 ** -24;

const draw = (random: RandomValues, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-3, 3));
/** So that a sum of two is exact. */
const integers = (random: RandomValues, length: number): Float32Array => draw(random, length).map(Math.round);

/** Rows of `run` values, `gap` words of poison after each; rows that are not `used` are poison. */
function rowsOf(
  values: Float32Array,
  run: number,
  gap: number,
  used: (row: number) => boolean,
): Float32Array {
  const all = poisoned((values.length / run) * (run + gap));
  for (let row = 0; row * run < values.length; row++)
    if (used(row)) all.set(values.subarray(row * run, (row + 1) * run), row * (run + gap));
  return all;
}

const everyRow = (): boolean => true;

/** A sparse map of 7 pixels to `rows`, row 1 without entries: error <= (n + 1) u sum |f x|, n terms. */
export function expectPixelMap(relaxed: boolean, run: number, rows: number, accumulate: boolean): void {
  const random = randomValues(run + rows);
  const [xGap, yGap, pixels] = [3, 2, 7];
  const entries = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: i === 1 ? 0 : random.integer(1, 9) }, () => ({
      column: random.integer(0, pixels - 1),
      factor: Math.fround(random.uniform(-2, 2)),
    })),
  );
  const starts = Int32Array.from({ length: rows + 1 }, (_, i) => entries.slice(0, i).flat().length);
  const read = new Set(entries.flat().map(({ column }) => column));
  const [x, before] = [draw(random, pixels * run), draw(random, rows * run)];
  const kernels = new WasmKernels(relaxed);
  const y = kernels.inout(rowsOf(before, run, yGap, () => accumulate));
  kernels.call("pixel_map", rows, {
    x: kernels.input(rowsOf(x, run, xGap, (pixel) => read.has(pixel))),
    y,
    starts: kernels.input(starts),
    columns: kernels.input(Int32Array.from(entries.flat(), (e) => e.column)),
    factors: kernels.input(Float32Array.from(entries.flat(), (e) => e.factor)),
    run,
    xStep: run + xGap,
    yStep: run + yGap,
    accumulate: Number(accumulate),
  });
  const terms = (i: number): number[] => {
    const [row, e] = [Math.floor(i / (run + yGap)), i % (run + yGap)];
    if (e >= run) return [Number.NaN];
    const products = entries[row].map(({ column, factor }) => factor * x[column * run + e]);
    return accumulate ? [before[row * run + e], ...products] : products;
  };
  expectUntouched(y, (i) => i % (run + yGap) < run);
  expectGuarded(
    y.values(),
    Array.from(y.values(), (_, i) => terms(i).reduce((sum, term) => sum + term, 0)),
    (i) => (terms(i).length + 1) * U * terms(i).reduce((sum, term) => sum + Math.abs(term), 0),
    [1, run + yGap],
  );
}

/** Each unit one of 31 or none: exact. */
export function expectGatherUnits(relaxed: boolean, units: number, run: number, accumulate: boolean): void {
  const random = randomValues(units + run);
  const index = Int32Array.from({ length: units }, () => random.integer(-1, 30));
  const read = new Set(index);
  const [x, before] = [integers(random, 31 * run), integers(random, units * run)];
  const kernels = new WasmKernels(relaxed);
  const y = accumulate ? kernels.inout(before) : kernels.output(units * run);
  kernels.call("gather_units", Math.ceil(units / 256), {
    x: kernels.input(rowsOf(x, run, 0, (unit) => read.has(unit))),
    y,
    index: kernels.input(index),
    units,
    run,
    accumulate: Number(accumulate),
  });
  const expected = before.map((value, i) => {
    const source = index[Math.floor(i / run)];
    return (accumulate ? value : 0) + (source < 0 ? 0 : x[source * run + (i % run)]);
  });
  expectSame(
    y.values().map((v) => v + 0),
    expected.map((v) => v + 0),
  );
}

/** Rows from one pitch to another: exact. */
export function expectCopyRows(relaxed: boolean, rows: number, run: number, accumulate: boolean): void {
  const random = randomValues(rows + run);
  const [xGap, yGap] = [2, 5];
  const [x, before] = [integers(random, rows * run), integers(random, rows * run)];
  const kernels = new WasmKernels(relaxed);
  const y = kernels.inout(rowsOf(before, run, yGap, () => accumulate));
  kernels.call("copy_rows", Math.ceil(rows / 64), {
    x: kernels.input(rowsOf(x, run, xGap, everyRow)),
    y,
    rows,
    run,
    xStep: run + xGap,
    yStep: run + yGap,
    accumulate: Number(accumulate),
  });
  const expected = rowsOf(
    before.map((value, i) => (accumulate ? x[i] + value : x[i])),
    run,
    yGap,
    everyRow,
  );
  expectUntouched(y, (i) => i % (run + yGap) < run);
  expectSame(y.values(), expected);
}
