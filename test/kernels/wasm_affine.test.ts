import { describe, expect, test } from "vitest";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;
const SIZES = [1, 3, 1023, 1024, 1025, 2051, 1031];

type Three = [Float32Array, Float32Array, Float32Array];

function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.uniform(-3, 3));
}

describe.each(variants)("affine, $variant", ({ relaxed }) => {
  const run = (x: Float32Array, scale: Float32Array, offset: Float32Array, low: number, high: number) => {
    const kernels = new WasmKernels(relaxed);
    const y = kernels.output(x.length);
    kernels.call("affine", Math.ceil(x.length / 1024), {
      x: kernels.input(x),
      scale: kernels.input(scale),
      offset: kernels.input(offset),
      y,
      units: x.length,
      period: scale.length,
      low: floatBits(low),
      high: floatBits(high),
    });
    return y.values();
  };

  for (const units of SIZES)
    for (const period of [1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 67, units])
      test(`error <= u (2 |x s| + |y|), ${units} units, period ${period}`, () => {
        const [x, scale, offset] = [random(units, 1), random(period, 2), random(period, 3)];
        const y = run(x, scale, offset, -2, 4);
        const product = x.map((value, u) => value * scale[u % period]);
        const exact = Array.from(x, (value, u) => value * scale[u % period] + offset[u % period]);
        expectGuarded(
          y,
          exact.map((value) => Math.min(4, Math.max(-2, value))),
          (u) => U * (2 * Math.abs(product[u]) + Math.abs(exact[u])),
          [1],
        );
      });

  test("a unit's value does not depend on its place in a vector or a tail", () => {
    const [x, scale, offset] = [random(29, 1), random(29, 2), random(29, 3)];
    const y = run(x, scale, offset, -Infinity, Infinity);
    const alone = x.map(
      (_, u) => run(...([x, scale, offset].map((v) => v.subarray(u, u + 1)) as Three), -100, 100)[0],
    );
    expect(alone).toEqual(y);
  });

  test("keeps NaN, clamps infinity, passes -0 and denormals", () => {
    const x = Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 2 ** -149, 1);
    const y = run(x, Float32Array.of(1), Float32Array.of(-0), -5, 6);
    expect([...y]).toEqual([Number.NaN, 6, -5, -0, 2 ** -149, 1]);
  });

  test("y may be x", () => {
    const kernels = new WasmKernels(relaxed);
    const x = random(2051, 5);
    const y = kernels.inout(x);
    kernels.call("affine", 3, {
      x: y,
      scale: kernels.input(Float32Array.of(2, -4, 8)),
      offset: kernels.input(Float32Array.of(0, 0, 0)),
      y,
      units: x.length,
      period: 3,
      low: floatBits(-Infinity),
      high: floatBits(Infinity),
    });
    expect(y.values()).toEqual(x.map((value, u) => value * [2, -4, 8][u % 3]));
  });
});

describe.each(variants)("scale_lanes, $variant", ({ relaxed }) => {
  for (const lanes of [1, 4, 8, 12])
    for (const units of [1, 255, 256, 257, 515, 263])
      for (const period of [0, 1, 3, 64, units])
        for (const masked of [false, true])
          for (const accumulate of [0, 1])
            test(`exact: ${lanes} lanes, ${units} units, period ${period}, ${masked ? "masked" : "unmasked"}, accumulate ${accumulate}`, () => {
              const kernels = new WasmKernels(relaxed);
              const yValues = random(units, 1).map((value, u) =>
                u % 7 === 0 ? [-1, 2, Number.NaN][u % 3] : value,
              );
              const live = yValues.map((value) => (!masked || (-1 < value && value < 2) ? 1 : 0));
              // Powers of two and small integers, so that nothing rounds.
              const gy = random(lanes * units, 2).map(Math.round);
              const factor = random(period, 3).map((value) => 2 ** Math.round(value));
              const before = random(lanes * units, 4).map(Math.round);
              const gx = accumulate ? kernels.inout(before) : kernels.output(lanes * units);
              kernels.call(`scale_lanes_${lanes}`, Math.ceil(units / 256), {
                gy: kernels.input(gy.map((g, i) => (live[Math.floor(i / lanes)] ? g : Number.NaN))),
                yValues: masked ? kernels.input(yValues) : 0,
                yLow: floatBits(-1),
                yHigh: floatBits(2),
                gx,
                factor: period ? kernels.input(factor) : 0,
                period,
                units,
                accumulate,
              });
              const expected = gy.map((g, i) => {
                const u = Math.floor(i / lanes);
                const scaled = live[u] * g * (period ? factor[u % period] : 1);
                return scaled + (accumulate ? before[i] : 0);
              });
              expectWithin(gx.values(), expected, () => 0);
            });

  test("gx may be gy", () => {
    const kernels = new WasmKernels(relaxed);
    const gy = random(8 * 257, 1);
    const g = kernels.inout(gy);
    const shared = { gy: g, gx: g, yValues: 0, yLow: 0, yHigh: 0, period: 1, units: 257, accumulate: 0 };
    kernels.call("scale_lanes_8", 2, { ...shared, factor: kernels.input(Float32Array.of(0.5)) });
    expect(g.values()).toEqual(gy.map((value) => value / 2));
  });
});
