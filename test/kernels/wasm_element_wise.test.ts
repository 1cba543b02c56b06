import { describe, expect, test } from "vitest";
import { FUNCTIONS, type FunctionUnderTest, inFloat32 } from "../support/element_wise.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;

/** Every exponent of float32 with both signs, and densely where the functions bend. */
function inputs(): Float32Array {
  const random = randomValues(1);
  const everywhere = Array.from({ length: 277 }, (_, i) => i - 149).flatMap((exponent) =>
    [1, -1].flatMap((sign) =>
      [1, ...Array.from({ length: 9 }, () => random.uniform(1, 2))].map((m) => sign * m * 2 ** exponent),
    ),
  );
  const dense = Array.from({ length: 30001 }, (_, i) => (i - 15000) / 1000);
  const wide = Array.from({ length: 10000 }, () => random.uniform(-110, 110));
  return Float32Array.from([...everywhere, ...dense, ...wide, 0, -0]);
}

/** The kernel of a function with the fields that its lowering would give it. */
function run(relaxed: boolean, { wasm, operator }: FunctionUnderTest, x: Float32Array, derivatives = true) {
  const slope = wasm.slope?.(operator);
  return runKernel(relaxed, wasm.kernel(operator), x, {
    alpha: wasm.alpha?.(operator),
    beta: wasm.beta?.(operator),
    slope,
    derivatives,
  });
}

interface Parameters {
  readonly alpha?: number;
  readonly beta?: number;
  readonly slope?: Float32Array;
  readonly derivatives?: boolean;
}

function runKernel(
  relaxed: boolean,
  kernel: string,
  x: Float32Array,
  { alpha = 0, beta = 0, slope, derivatives = true }: Parameters,
) {
  const kernels = new WasmKernels(relaxed);
  const y = kernels.output(x.length);
  const derivative = kernels.output(x.length);
  kernels.call(kernel, Math.ceil(x.length / 1024), {
    x: kernels.input(x),
    y,
    derivative: derivatives ? derivative : 0,
    units: x.length,
    alpha: floatBits(alpha),
    beta: floatBits(beta),
    slope: slope ? kernels.input(slope) : 0,
    period: slope?.length ?? 0,
  });
  return { y: y.values(), derivative: derivative.values() };
}

describe.each(variants)("element-wise functions, $variant", ({ relaxed }) => {
  const everywhere = inputs();
  for (const f of FUNCTIONS) {
    const { name, value, slope, cancellation } = f;
    const x = everywhere.filter(f.defined);

    test(`${name}: error <= 1.001 u |y| + 2^-150 at every exponent`, () => {
      const { y } = run(relaxed, f, x);
      const expected = value(x);
      const exact = expected.map(inFloat32);
      expectGuarded(
        y,
        exact,
        (i) => 1.001 * U * Math.abs(exact[i]) + 2 ** -150 + cancellation * Math.min(16, Math.abs(x[i])),
        [],
      );
    });

    test(`${name}: derivative error <= 1.001 u |f'| + 2^-35 at every exponent`, () => {
      const { derivative } = run(relaxed, f, x);
      const expected = slope(x);
      // Where the reference overflows in an intermediate it has NaN; the derivative is then 0 or 1.
      const limits = expected.map((v, i) => (Number.isNaN(v) ? (x[i] > 0 ? 1 : 0) : inFloat32(v)));
      expectWithin(derivative, limits, (i) => 1.001 * U * Math.abs(limits[i]) + 2 ** -35);
    });

    test(`${name}: the same values without derivatives, for any number of units, in place`, () => {
      for (const units of [1, 2, 3, 1023, 1024, 1025, 2051, 1031]) {
        const part = x.slice(7000, 7000 + units);
        const { y, derivative } = run(relaxed, f, part);
        const only = run(relaxed, f, part, false);
        expect(only.y).toEqual(y);
        expect(only.derivative).toEqual(new Float32Array(units).fill(Number.NaN));
        const alone = run(relaxed, f, part.subarray(units - 1));
        expect(alone.y[0]).toBe(y[units - 1]);
        expect(alone.derivative[0]).toBe(derivative[units - 1]);
      }
    });

    test(`${name}: NaN stays NaN, infinities give limits`, () => {
      const { y, derivative } = run(relaxed, f, Float32Array.of(Number.NaN, 1));
      expect(y[0]).toBeNaN();
      expect(y[1]).not.toBeNaN();
      expect(derivative[1]).not.toBeNaN();
      const infinite = run(relaxed, f, Float32Array.of(Infinity, -Infinity));
      if (f.unbounded) {
        [Infinity, -Infinity].forEach((end, i) => {
          const [at] = [Float32Array.of(end)];
          if (!f.defined(end)) return;
          expect(infinite.y[i] + 0).toBe(value(at)[0] + 0);
          expect(infinite.derivative[i] + 0).toBe(slope(at)[0] + 0);
        });
        return;
      }
      // Far out every function is its own limit, but for those that grow.
      const far = run(relaxed, f, Float32Array.of(3e38, -3e38));
      const limits = [...far.y].map((v) => (Math.abs(v) > 1e30 ? Math.sign(v) * Infinity : v + 0));
      // 0 times an infinity is no limit.
      if ("alpha" in f.operator && f.operator.alpha === 0) limits[1] = Number.NaN;
      expect([...infinite.y].map((v) => v + 0)).toEqual(limits);
      expect([...infinite.derivative]).toEqual([...far.derivative]);
    });
  }

  test("prelu: one slope, one per channel, one per unit", () => {
    const units = 2051;
    const values = everywhere.slice(9000, 9000 + units);
    for (const period of [1, 3, 5, 64, units]) {
      const slope = Float32Array.from({ length: period }, (_, i) => Math.cos(i));
      const { y, derivative } = runKernel(relaxed, "element_wise_p_relu", values, { slope });
      expect(y).toEqual(values.map((value, u) => (value > 0 ? value : slope[u % period] * value)));
      expect(derivative).toEqual(values.map((value, u) => (value > 0 ? 1 : slope[u % period])));
    }
  });

  test("gelu keeps its relative accuracy in the tail, where 1 + erf has none left", () => {
    const tail = Float32Array.from({ length: 1000 }, (_, i) => -5 - i / 125);
    const { y } = runKernel(relaxed, "element_wise_gelu", tail, {});
    const expected = Float64Array.from(tail, (value) => {
      let fraction = -value;
      for (let k = 300; k > 0; k--) fraction = -value + k / fraction;
      return (value * Math.exp((-value * value) / 2)) / (fraction * Math.sqrt(2 * Math.PI));
    });
    expectWithin(y, expected, (i) => 1.001 * U * Math.abs(expected[i]) + 2 ** -150);
  });
});
