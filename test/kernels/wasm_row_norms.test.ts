import { describe, expect, test } from "vitest";
import { rowNorms } from "../../src/kernels/row_norms/reference.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-3, 3));
}

describe.each(variants)("row_norms, $variant", ({ relaxed }) => {
  const run = (g: Float32Array, lanes: number, order: number) => {
    const kernels = new WasmKernels(relaxed);
    const units = g.length / lanes;
    const tiles = Math.ceil(units / 1024);
    const partials = kernels.inout(new Float64Array(tiles * lanes).fill(Number.NaN));
    const fields = { g: kernels.input(g), units, partials, order: kernels.input(Int32Array.of(order)) };
    kernels.call(`row_norms_${lanes}`, tiles, fields);
    return partials.values();
  };

  for (const lanes of [4, 8, 12])
    for (const units of [1, 1023, 1024, 1025, 2051, 1031])
      for (const order of [1, 2] as const)
        test(`relative error <= units 2^-53: ${lanes} lanes, ${units} units, order ${order}`, () => {
          const g = random(units * lanes, units);
          const partials = run(g, lanes, order);
          const lane = <A extends Float32Array | Float64Array>(values: A, k: number) =>
            values.filter((_, i) => i % lanes === k) as A;
          const ks = Array.from({ length: lanes }, (_, k) => k);
          const norms = ks.map((k) => rowNorms(lane(g, k), units, order)[0]);
          const sums = ks.map((k) => lane(partials, k).reduce((a, b) => a + b, 0));
          // The square root halves the error of the sum, and the reference has as much.
          expectGuarded(
            order === 2 ? sums.map(Math.sqrt) : sums,
            norms,
            (k) => 2 * (units + 1) * 2 ** -53 * norms[k],
            [1],
          );
        });

  test("squares neither overflow nor vanish", () => {
    const g = Float32Array.of(2 ** 127, 2 ** -149, -(2 ** -149), 0);
    expect([...run(g, 4, 2)]).toEqual([2 ** 254, 2 ** -298, 2 ** -298, 0]);
    expect([...run(g, 4, 1)]).toEqual([2 ** 127, 2 ** -149, 2 ** -149, 0]);
  });

  test("a lane that is infinite or NaN does not touch the others", () => {
    expect([...run(Float32Array.of(Infinity, 3, Number.NaN, -2), 4, 2)]).toEqual([
      Infinity,
      9,
      Number.NaN,
      4,
    ]);
  });
});

describe.each(variants)("jacobian_rows, $variant", ({ relaxed }) => {
  for (const [lanes, count] of [
    [4, 1],
    [4, 4],
    [8, 5],
    [12, 9],
    [12, 12],
  ])
    for (const units of [1, 255, 256, 257, 515, 263])
      for (const period of [0, 1, 3, units])
        test(`one rounding: ${count} of ${lanes} lanes, ${units} units, scale period ${period}`, () => {
          const kernels = new WasmKernels(relaxed);
          const [all, scale] = [random(units * lanes, 1), random(period, 2)];
          // Lanes beyond the rows that are wanted are not read.
          const g = all.map((value, i) => (i % lanes < count ? value : Number.NaN));
          const y = kernels.output(count * units);
          kernels.call("jacobian_rows", Math.ceil(units / 256), {
            g: kernels.input(g),
            lanes,
            count,
            y,
            units,
            scale: period ? kernels.input(scale) : 0,
            period,
          });
          const expected = Float32Array.from({ length: count * units }, (_, i) => {
            const [k, u] = [Math.floor(i / units), i % units];
            return g[u * lanes + k] * (period ? scale[u % period] : 1);
          });
          expectSame(y.values(), expected);
        });
});
