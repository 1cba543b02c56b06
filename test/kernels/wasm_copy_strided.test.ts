import { describe, expect, test } from "vitest";
import { joinedAxes } from "../../src/kernels/copy_strided/axes.js";
import { isStrided } from "../../src/kernels/copy_strided/lower_wasm.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

describe.each(variants)("copy_strided, $variant", ({ relaxed }) => {
  test.each([1, 3, 4, 12])("four axes, strides of any sign, runs of %i", (run) => {
    const counts = [2, 3, 2, 3] as const;
    const x = Float32Array.from({ length: 36 * run }, (_, i) => i + 1);
    for (const accumulate of [0, 1]) {
      const kernels = new WasmKernels(relaxed);
      const before = x.map((v) => 2 * v);
      const y = kernels.inout(before);
      const from = kernels.input(x);
      // Axes of x are 3, 2, 2, 3: the outer two change places and the last goes backwards.
      const [x0, x1, x2, x3] = [6, 12, 3, -1].map((stride) => 4 * run * stride);
      const [y0, y1, y2, y3] = [18, 6, 3, 1].map((stride) => 4 * run * stride);
      kernels.call("copy_strided", 6, {
        ...{ x: from.at + 4 * run * 2, y, run, accumulate },
        ...{ n0: 2, n1: 3, n2: 2, n3: 3, x0, x1, x2, x3, y0, y1, y2, y3 },
      });
      const expected = Float32Array.from(before, (old, at) => {
        const [unit, e] = [Math.floor(at / run), at % run];
        const places = counts.map(
          (n, a) => Math.floor(unit / counts.slice(a + 1).reduce((p, m) => p * m, 1)) % n,
        );
        const source = 6 * places[0] + 12 * places[1] + 3 * places[2] + 2 - places[3];
        return x[source * run + e] + accumulate * old;
      });
      expect(y.values()).toEqual(expected);
    }
  });
});

describe("axes of a copy", () => {
  const copy = (shape: number[], from: number[], to: number[]) => ({
    ...{ shape, from, to, fromStart: 0, toStart: 0 },
  });

  test("are joined where both arrays walk on, and the innermost becomes the run", () => {
    expect(joinedAxes(copy([2, 3, 4], [12, 4, 1], [12, 4, 1]))).toEqual({ axes: [], run: 24 });
    expect(joinedAxes(copy([2, 3, 1, 4], [24, 4, 9, 1], [12, 4, 9, 1]))).toEqual({
      axes: [{ count: 2, from: 24, to: 12 }],
      run: 12,
    });
    expect(joinedAxes(copy([3, 2], [1, 3], [2, 1]))).toEqual({
      axes: [
        { count: 3, from: 1, to: 2 },
        { count: 2, from: 3, to: 1 },
      ],
      run: 1,
    });
  });

  test("may be too many", () => {
    const shape = [2, 2, 2, 2, 2];
    expect(isStrided(copy(shape, [1, 2, 4, 8, 16], [16, 8, 4, 2, 1]))).toBe(false);
    expect(isStrided(copy(shape, [2, 4, 8, 16, 1], [16, 8, 4, 2, 1]))).toBe(true);
  });
});
