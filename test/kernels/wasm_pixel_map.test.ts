import { describe, test } from "vitest";
import { sizesAround } from "../support/sizes.js";
import { expectCopyRows, expectGatherUnits, expectPixelMap } from "../support/testers/rows.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

describe.each(variants)("pixel_map, $variant", ({ relaxed }) => {
  // Around a vector and the eight that are summed together.
  for (const run of [3, 4, 5, ...sizesAround(32)])
    for (const rows of [1, 2, 11])
      for (const accumulate of [false, true])
        test(`error <= (n + 1) u sum |f x|, ${rows} rows of ${run} floats, accumulate ${accumulate}`, () =>
          expectPixelMap(relaxed, run, rows, accumulate));

  test("a row without entries gives 0 whatever was there", () => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(37);
    const ints = kernels.input(Int32Array.of(0, 0));
    const floats = kernels.input(Float32Array.of(0));
    const empty = { x: floats, starts: ints, columns: ints, factors: floats, xStep: 37, yStep: 37 };
    kernels.call("pixel_map", 1, { ...empty, y, run: 37, accumulate: 0 });
    expectSame(y.values(), new Float32Array(37));
  });

  test("what is not finite stays in its channel; a factor of 1 passes denormals", () => {
    const kernels = new WasmKernels(relaxed);
    const x = Float32Array.of(Number.NaN, 1, 2, 3, Infinity, -(2 ** -149), 5);
    const y = kernels.output(7);
    kernels.call("pixel_map", 1, {
      x: kernels.input(x),
      starts: kernels.input(Int32Array.of(0, 1)),
      columns: kernels.input(Int32Array.of(0)),
      factors: kernels.input(Float32Array.of(1)),
      ...{ y, run: 7, xStep: 7, yStep: 7, accumulate: 0 },
    });
    expectSame(y.values(), x);
  });
});

describe.each(variants)("gather_units, $variant", ({ relaxed }) => {
  for (const units of [1, 255, 256, 257, 515, 263])
    for (const run of [1, 3, 4, 8, 12])
      for (const accumulate of [false, true])
        test(`exact: ${units} units of ${run} floats, accumulate ${accumulate}`, () =>
          expectGatherUnits(relaxed, units, run, accumulate));
});

describe.each(variants)("copy_rows, $variant", ({ relaxed }) => {
  for (const rows of [1, 63, 64, 65, 131, 67])
    for (const run of [1, 4, 7, 16, 29])
      for (const accumulate of [false, true])
        test(`exact: ${rows} rows of ${run} floats, accumulate ${accumulate}`, () =>
          expectCopyRows(relaxed, rows, run, accumulate));
});
