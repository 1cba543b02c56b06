import { describe, expect, test } from "vitest";
import { REPEATED_UNITS } from "../../src/kernels/arithmetic/wasm_tile.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const U = 2 ** -24;
/** Rows and units at, below and above a tile and what of it is summed together. */
const SIZES = [
  [1, 1],
  [2, 3],
  [3, 4],
  [5, 5],
  [7, 15],
  [4, 16],
  [6, 17],
  [49, 37],
] as const;

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-2, 2));
}

function run(
  relaxed: boolean,
  stride: number,
  [rows, inner]: readonly [number, number],
  { same = false, accumulate, gy }: { same?: boolean; accumulate: 0 | 1; gy: Float32Array },
): { found: Float32Array; factor: (r: number, i: number) => number } {
  const kernels = new WasmKernels(relaxed);
  const size = inner * stride;
  const gx = accumulate ? kernels.inout(random(size, 3)) : kernels.output(size);
  const factors = random(same ? inner : rows * inner, 2);
  kernels.call(`sum_repeated_${stride}`, Math.ceil(inner / REPEATED_UNITS), {
    gy: kernels.input(gy),
    factor: kernels.input(factors),
    gx,
    ...{ factorRow: same ? 0 : 4 * inner, rows, inner, accumulate },
  });
  return { found: gx.values(), factor: (r, i) => factors[same ? i : r * inner + i] };
}

describe.each(variants)(
  "sum_repeated, $variant: error <= (rows + 1) u (|gx| + sum |factor gy|)",
  ({ relaxed }) => {
    for (const stride of [1, 4, 8, 12])
      test.each(SIZES)(`%i rows of %i units, ${stride} lanes`, (rows, inner) => {
        const gy = random(rows * inner * stride, 1);
        for (const [accumulate, same] of [
          [0, false],
          [1, true],
        ] as const) {
          const { found, factor } = run(relaxed, stride, [rows, inner], { same, accumulate, gy });
          const before = random(inner * stride, 3).map((x) => accumulate * x);
          const [expected, size] = [Float64Array.from(before), Float64Array.from(before, Math.abs)];
          for (let r = 0; r < rows; r++)
            for (let n = 0; n < inner * stride; n++) {
              const term = factor(r, Math.floor(n / stride)) * gy[r * inner * stride + n];
              expected[n] += term;
              size[n] += Math.abs(term);
            }
          expectGuarded(found, expected, (n) => (rows + 1) * U * size[n], [1, stride]);
        }
      });

    test("a NaN is in its unit and lane alone", () => {
      const gy = random(3 * 5 * 4, 1);
      gy[(2 * 5 + 3) * 4 + 1] = Number.NaN;
      const { found } = run(relaxed, 4, [3, 5], { accumulate: 0, gy });
      expect([...found].flatMap((x, n) => (Number.isNaN(x) ? [n] : []))).toEqual([3 * 4 + 1]);
    });
  },
);
