import { describe, expect, test } from "vitest";
import { scalarFunction } from "../../src/kernels/activation/functions.js";
import type { Activation } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;
const [ALPHA, BETA] = [Math.fround(0.3), Math.fround(0.45)];

const FUNCTIONS: Readonly<Record<string, Activation>> = {
  leaky_relu: { op: "LeakyRelu", alpha: ALPHA },
  prelu: { op: "PRelu", slope: Float32Array.of(ALPHA) },
  thresholded_relu: { op: "ThresholdedRelu", alpha: ALPHA },
  elu: { op: "Elu", alpha: ALPHA },
  selu: { op: "Selu" },
  sigmoid: { op: "Sigmoid" },
  tanh: { op: "Tanh" },
  softplus: { op: "Softplus" },
  softsign: { op: "Softsign" },
  mish: { op: "Mish" },
  swish: { op: "Swish" },
  hard_swish: { op: "HardSwish" },
  hard_sigmoid: { op: "HardSigmoid", alpha: ALPHA, beta: BETA },
  gelu: { op: "Gelu", approximate: "none" },
  gelu_tanh: { op: "Gelu", approximate: "tanh" },
};

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

function run(relaxed: boolean, name: string, x: Float32Array, slope?: Float32Array, derivatives = true) {
  const kernels = new WasmKernels(relaxed);
  const y = kernels.output(x.length);
  const derivative = kernels.output(x.length);
  kernels.call(`activation_${name}`, Math.ceil(x.length / 1024), {
    x: kernels.input(x),
    y,
    derivative: derivatives ? derivative : 0,
    units: x.length,
    alpha: floatBits(ALPHA),
    beta: floatBits(BETA),
    slope: slope ? kernels.input(slope) : 0,
    period: slope?.length ?? 0,
  });
  return { y: y.values(), derivative: derivative.values() };
}

const slopeOf = (name: string) => (name === "prelu" ? Float32Array.of(ALPHA) : undefined);

describe.each(variants)("activation, $variant", ({ relaxed }) => {
  const x = inputs();
  for (const [name, activation] of Object.entries(FUNCTIONS)) {
    const reference = scalarFunction(activation);
    // The reference subtracts from 1 in float64 where the kernel does not.
    const cancellation = /tanh|gelu|mish/.test(name) ? 2 ** -50 : 0;

    test(`${name}: error <= 1.001 u |y| + 2^-150 at every exponent`, () => {
      const { y } = run(relaxed, name, x, slopeOf(name));
      const expected = Float64Array.from(x, (value) => reference.value(value, ALPHA));
      const exact = expected.map((value) =>
        Math.abs(value) > 3.4028235677973366e38 ? Math.sign(value) * Infinity : value,
      );
      expectWithin(
        y,
        exact,
        (i) => 1.001 * U * Math.abs(exact[i]) + 2 ** -150 + cancellation * Math.min(16, Math.abs(x[i])),
      );
    });

    test(`${name}: derivative error <= 1.001 u |f'| + 2^-35 at every exponent`, () => {
      const { derivative } = run(relaxed, name, x, slopeOf(name));
      const expected = Float64Array.from(x, (value) => reference.derivative(value, ALPHA));
      // Where the reference overflows in an intermediate it has NaN; the derivative is then 0 or 1.
      const limits = expected.map((value, i) => (Number.isNaN(value) ? (x[i] > 0 ? 1 : 0) : value));
      expectWithin(derivative, limits, (i) => 1.001 * U * Math.abs(limits[i]) + 2 ** -35);
    });

    test(`${name}: the same values without derivatives, for any number of units, in place`, () => {
      for (const units of [1, 2, 3, 1023, 1024, 1025, 2051, 1031]) {
        const part = x.slice(7000, 7000 + units);
        const { y, derivative } = run(relaxed, name, part, slopeOf(name));
        const only = run(relaxed, name, part, slopeOf(name), false);
        expect(only.y).toEqual(y);
        expect(only.derivative).toEqual(new Float32Array(units).fill(Number.NaN));
        const alone = run(relaxed, name, part.subarray(units - 1), slopeOf(name));
        expect(alone.y[0]).toBe(y[units - 1]);
        expect(alone.derivative[0]).toBe(derivative[units - 1]);
      }
    });

    test(`${name}: NaN stays NaN, infinities give limits`, () => {
      const { y, derivative } = run(relaxed, name, Float32Array.of(Number.NaN, 1), slopeOf(name));
      expect(y[0]).toBeNaN();
      expect(y[1]).not.toBeNaN();
      expect(derivative[1]).not.toBeNaN();
      const infinite = run(relaxed, name, Float32Array.of(Infinity, -Infinity), slopeOf(name));
      // Far out every function is its own limit, but for those that grow.
      const far = run(relaxed, name, Float32Array.of(3e38, -3e38), slopeOf(name));
      expect([...infinite.y].map((value) => value + 0)).toEqual(
        [...far.y].map((value) => (Math.abs(value) > 1e30 ? Math.sign(value) * Infinity : value + 0)),
      );
      expect([...infinite.derivative]).toEqual([...far.derivative]);
    });
  }

  test("prelu: one slope, one per channel, one per unit", () => {
    const units = 2051;
    const values = x.slice(9000, 9000 + units);
    for (const period of [1, 3, 5, 64, units]) {
      const slope = Float32Array.from({ length: period }, (_, i) => Math.cos(i));
      const { y, derivative } = run(relaxed, "prelu", values, slope);
      expect(y).toEqual(values.map((value, u) => (value > 0 ? value : slope[u % period] * value)));
      expect(derivative).toEqual(values.map((value, u) => (value > 0 ? 1 : slope[u % period])));
    }
  });

  test("gelu keeps its relative accuracy in the tail, where 1 + erf has none left", () => {
    const tail = Float32Array.from({ length: 1000 }, (_, i) => -5 - i / 125);
    const { y } = run(relaxed, "gelu", tail);
    const expected = Float64Array.from(tail, (value) => {
      let fraction = -value;
      for (let k = 300; k > 0; k--) fraction = -value + k / fraction;
      return (value * Math.exp((-value * value) / 2)) / (fraction * Math.sqrt(2 * Math.PI));
    });
    expectWithin(y, expected, (i) => 1.001 * U * Math.abs(expected[i]) + 2 ** -150);
  });
});
