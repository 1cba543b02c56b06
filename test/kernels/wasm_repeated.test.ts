import { describe, expect, test } from "vitest";
import { REPEATED_UNITS } from "../../src/kernels/arithmetic/wasm_tile.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";

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
  {
    scale,
    accumulate,
    factor,
    gy,
  }: {
    scale: number;
    accumulate: 0 | 1;
    factor?: Float32Array;
    gy: Float32Array;
  },
): Float32Array {
  const kernels = new WasmKernels(relaxed);
  const size = inner * stride;
  const gx = accumulate ? kernels.inout(random(size, 3)) : kernels.output(size);
  kernels.call(`sum_repeated_${stride}`, Math.ceil(inner / REPEATED_UNITS), {
    gy: kernels.input(gy),
    factor: factor ? kernels.input(factor) : 0,
    gx,
    ...{ rows, inner, scale: floatBits(scale), accumulate },
  });
  return gx.values();
}

describe.each(variants)(
  "sum_repeated, $variant: error <= (rows + 1) u (|gx| + sum |factor gy|)",
  ({ relaxed }) => {
    for (const stride of [1, 4, 8, 12])
      test.each(SIZES)(`%i rows of %i units, ${stride} lanes`, (rows, inner) => {
        const gy = random(rows * inner * stride, 1);
        const all = random(rows * inner, 2);
        for (const [scale, accumulate, factor] of [
          [1, 0, all],
          [1, 1, all],
          [-1, 0, undefined],
          [1, 1, undefined],
        ] as const) {
          const found = run(relaxed, stride, [rows, inner], { scale, accumulate, factor, gy });
          const before = random(inner * stride, 3).map((x) => accumulate * x);
          const [expected, size] = [Float64Array.from(before), Float64Array.from(before, Math.abs)];
          for (let r = 0; r < rows; r++)
            for (let n = 0; n < inner * stride; n++) {
              const weight = factor?.[r * inner + Math.floor(n / stride)] ?? 1;
              const term = scale * weight * gy[r * inner * stride + n];
              expected[n] += term;
              size[n] += Math.abs(term);
            }
          expectGuarded(found, expected, (n) => (rows + 1) * U * size[n], [1, stride]);
        }
      });

    test("a NaN is in its unit and lane alone", () => {
      const gy = random(3 * 5 * 4, 1);
      gy[(2 * 5 + 3) * 4 + 1] = Number.NaN;
      const found = run(relaxed, 4, [3, 5], { scale: 1, accumulate: 0, factor: random(15, 2), gy });
      expect([...found].flatMap((x, n) => (Number.isNaN(x) ? [n] : []))).toEqual([3 * 4 + 1]);
    });
  },
);
