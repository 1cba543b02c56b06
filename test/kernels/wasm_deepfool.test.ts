import { describe, expect, test } from "vitest";
import {
  offsetInState,
  STATE_BYTES,
  type StateDouble,
  type StateInteger,
} from "../../src/kernels/deepfool_step/loop_state.js";
import { PROFILES } from "../../src/kernels/deepfool_step/profiles.js";
import { addStep, writePoint } from "../../src/kernels/deepfool_step/reference.js";
import { randomValues } from "../support/random_values.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

const SIZES = [1, 1023, 1024, 1025, 2051];

function stateOf(values: Partial<Record<StateDouble | StateInteger, number>>): Float64Array {
  const view = new DataView(new ArrayBuffer(8 * Math.ceil(STATE_BYTES / 8)));
  const doubles = offsetInState("order");
  for (const [name, value] of Object.entries(values)) {
    const offset = offsetInState(name as StateDouble);
    if (offset < doubles) view.setFloat64(offset, value, true);
    else view.setInt32(offset, value, true);
  }
  return new Float64Array(view.buffer);
}

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
        const images = drawn(2 * units, units, 0, 1);
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
