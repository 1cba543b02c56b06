import { describe, expect, test } from "vitest";
import { PROFILES } from "../../src/kernels/deepfool_step/profiles.js";
import { addStep, writePoint } from "../../src/kernels/deepfool_step/reference.js";
import { randomValues } from "../support/random_values.js";
import { sizesAround } from "../support/sizes.js";
import { passListOf, stateOf } from "../support/testers/deepfool_state.js";
import { poisoned, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectSame } from "../support/within.js";

const SIZES = sizesAround(1024);

function drawn(length: number, seed: number, low = -3, high = 3): Float32Array {
  const random = randomValues(seed);
  return Float32Array.from({ length }, () => random.uniform(low, high));
}

describe.each(variants)("one step of r, $variant", ({ relaxed }) => {
  for (const units of SIZES)
    for (const order of [1, 2] as const)
      for (const profile of ["lts4", "lts4-torch"] as const)
        test(`bit for bit the reference: ${units} units, order ${order}, ${profile}`, () => {
          const kernels = new WasmKernels(relaxed);
          const w = drawn(units, units);
          w.set([0, -0, 2 ** -149].slice(0, units));
          const r = Float64Array.from(drawn(units, 1), (x) => x / 3);
          const [from, to] = [kernels.input(r), kernels.inout(new Float64Array(units).fill(Number.NaN))];
          const rules = PROFILES[profile];
          const roundsPerturbation = Number(rules.roundsPerturbation);
          const values = { order, roundsPerturbation, scale: 0.37, r: to.at, before: from.at };
          const fields = { state: kernels.input(stateOf(values)), w: kernels.input(w), units };
          kernels.call("deepfool_step", Math.ceil(units / 1024), fields);
          addStep(rules, order === 2 ? 2 : Infinity, 0.37, w, 0, undefined, r);
          expect(to.values()).toEqual(r);
        });
});

describe.each(variants)("the point, $variant", ({ relaxed }) => {
  for (const units of SIZES)
    for (const bounds of [undefined, [0, 1], [0.1, 0.7]] as const)
      test(`bit for bit the reference: ${units} units, bounds ${bounds}`, () => {
        const kernels = new WasmKernels(relaxed);
        // Far outside of the bounds: x0 + (bound - x0) is then not always the bound.
        const images = drawn(2 * units, units, -4, 4);
        const r = Float64Array.from(drawn(units, 2, -0.5, 0.5));
        if (units > 1) r[units - 1] = 1e300;
        const [low, high] = bounds ?? [0, 0];
        const values = { image: 1, factor: 1.02, clips: Number(bounds !== undefined), low, high };
        const perturbations = kernels.inout(new Float32Array(2 * units).fill(7));
        const pixels = kernels.output(units);
        const tiles = Math.ceil(units / 1024);
        const finite = kernels.inout(new Int32Array(tiles).fill(5));
        const state = kernels.input(stateOf({ ...values, r: kernels.input(r).at }));
        const fields = { state, images: kernels.input(images), perturbations, pixels, finite, units };
        kernels.call("deepfool_point", tiles, fields);
        const [x, perturbation] = [new Float32Array(units), new Float32Array(units)];
        writePoint(images.subarray(units), r, 1.02, bounds, x, perturbation);
        expect(pixels.values()).toEqual(x);
        expect(perturbations.values().subarray(units)).toEqual(perturbation);
        expect(
          perturbations
            .values()
            .subarray(0, units)
            .every((value) => value === 7),
        ).toBe(true);
        const sound = Array.from({ length: tiles }, (_, t) =>
          Number(x.subarray(1024 * t, 1024 * (t + 1)).every(Number.isFinite)),
        );
        expect([...finite.values()]).toEqual(sound);
      });
});

describe.each(variants)("deepfool_start, $variant", ({ relaxed }) => {
  test.each(SIZES)("image 1 of 3 as it is, r and its perturbation 0, %i units", (units) => {
    const kernels = new WasmKernels(relaxed);
    const images = drawn(3 * units, units);
    images.set([-0, 2 ** -149].slice(0, units), units);
    const r = kernels.inout(new Float64Array(units).fill(Number.NaN));
    const [perturbations, pixels] = [kernels.output(3 * units), kernels.output(units)];
    const own = images.map((x, i) => (Math.floor(i / units) === 1 ? x : Number.NaN));
    kernels.call("deepfool_start", Math.ceil(units / 1024), {
      state: kernels.input(stateOf({ image: 1, images: 3, r: r.at })),
      images: kernels.input(own),
      perturbations,
      pixels,
      units,
    });
    expectSame(pixels.values(), images.subarray(units, 2 * units));
    expectSame(r.values(), new Float64Array(units));
    const none = Float32Array.from(perturbations.values(), (_, i) =>
      Math.floor(i / units) === 1 ? 0 : Number.NaN,
    );
    expectSame(perturbations.values(), none);
  });
});

describe.each(variants)("deepfool_keep, $variant", ({ relaxed }) => {
  for (const stride of [4, 8, 12])
    test.each(SIZES)(`one lane of ${stride}, no other is read, %i units`, (units) => {
      for (const lane of [0, stride / 2 + 1, stride - 1]) {
        const kernels = new WasmKernels(relaxed);
        const w = drawn(units, lane);
        const g = poisoned(units * stride);
        for (const [u, value] of w.entries()) g[u * stride + lane] = value;
        const found = kernels.output(units);
        // The latest of the passes is the one before the next.
        const passes = passListOf(
          kernels,
          [
            { first: 0, count: 1, stride: 4 },
            { first: 1, count: 1, stride },
            { first: 2, count: 1, stride: 8 },
          ],
          2,
        );
        kernels.call("deepfool_keep", Math.ceil(units / 1024), {
          state: kernels.input(stateOf({ lane })),
          passes,
          g: kernels.input(g),
          w: found,
          units,
        });
        expectSame(found.values(), w);
      }
    });
});
