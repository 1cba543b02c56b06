import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deepfool } from "../../src/api/deepfool.js";
import { foolingRate } from "../../src/api/evaluate.js";
import { gradient } from "../../src/api/gradient.js";
import { METHODS } from "../../src/api/universal/method.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { GradientEngine } from "../../src/engines/engine.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { oneIn, portionOf, quick, quickTest, slowTest } from "../support/portion.js";
import { expectSameBits } from "./comparison.js";
import { type EngineUnderTest, reference, wasmEngines } from "./engines.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { tfjs } from "./other_engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

const C = 5;
const N = 4;
const network = mixedNetwork(C);
const size = sizeOf(network.input.shape);
const bytes = Uint8Array.from(imagesOf(network, N), (x) => Math.round(255 * Math.min(Math.max(x, 0), 1)));
const floats = Float32Array.from(bytes);
const unit = floats.map((x) => x / 255);
const v = Float32Array.from({ length: size }, (_, i) => 9 * Math.sign(Math.sin(7 * i)));
const labels = [0, 1, 2, 3];

async function expectRefusal(call: Promise<unknown>, says: RegExp): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidArgumentError);
  expect((error as Error).message).toMatch(says);
  expect((error as Error).message).not.toContain("\n");
}

/** In JavaScript or on a software GPU every attack takes seconds. */
const costly: readonly EngineUnderTest[] = [...webgpuEngines, tfjs];
const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [reference, ...wasmEngines, ...costly],
  slow: quick ? [] : costly,
});

describe.each(engines)("pixels for $name", (under) => {
  const [attacks, few] = costly.includes(under) ? [slowTest, quickTest] : [test, test];
  let of255: GradientEngine;
  let of1: GradientEngine;
  beforeAll(async () => {
    of255 = (await under.create(network, resolveInput({ range: [0, 255], mean: 0.4, std: 0.3 }, 3))) as never;
    of1 = (await under.create(network, resolveInput({ mean: 0.4, std: 0.3 }, 3))) as never;
  });
  afterAll(() => {
    of255.dispose();
    of1.dispose();
  });

  const kinds = [
    ["Uint8Array", bytes] as const,
    ["Uint8ClampedArray", Uint8ClampedArray.from(bytes)] as const,
  ];
  test.each(costly.includes(under) ? oneIn(2, kinds) : kinds)(
    "bytes in a %s are pixels of the range [0, 255]",
    async (kind, given) => {
      const { logits } = await of255.logits(floats);
      expectSameBits((await of255.logits(given)).logits, logits, "logits");
      const rows = await of255.jacobian(floats, { classes: 3 });
      expectSameBits((await of255.jacobian(given, { classes: 3 })).values, rows.values, "rows");
      const slopes = await of255.gradient(floats, { loss: "logit", labels });
      expectSameBits(
        (await gradient(of255, given, { loss: "logit", labels })).values,
        slopes.values,
        "slopes",
      );
      expect(await foolingRate(of255, given, v)).toEqual(await foolingRate(of255, floats, v));
      const method = "momentum";
      const options = { method, passes: 1, radius: 9 } as const;
      const uap = await universalPerturbation(of255, floats, options);
      expectSameBits((await universalPerturbation(of255, given, options)).last, uap.last, "v");
      const { perturbation } = await deepfool(of255, floats, { steps: 3 });
      expectSameBits((await deepfool(of255, given, { steps: 3 })).perturbation, perturbation, "r");
      for (const call of [of1.logits(given), foolingRate(of1, given, v), deepfool(of1, given)])
        await expectRefusal(
          call,
          new RegExp(`images is ${kind}, expected a Float32Array in the range \\[0, 1\\]; bytes go with`),
        );
    },
  );

  few("images outside the range are refused, with the value and where it is", async () => {
    const at = floats.findIndex((x) => x > 1);
    const says = new RegExp(
      `: images\\[${at}\\] is ${floats[at]}, expected values within the engine's range \\[0, 1\\]$`,
    );
    await expectRefusal(foolingRate(of1, floats, v), says);
    for (const method of METHODS)
      await expectRefusal(universalPerturbation(of1, floats, { method, passes: 1 }), says);
    await expectRefusal(deepfool(of1, floats, { bounds: [0, 1] }), /within the bounds \[0, 1\]$/);
    const low = unit.with(3, -0.01);
    await expectRefusal(foolingRate(of1, low, v), /images\[3\] is -0.00999/);
  });

  attacks("pixels that rounding put beside the range are taken to be at its end", async () => {
    const [exact, off] = [unit.slice(), unit.slice()];
    exact[0] = 0;
    exact[size + 1] = 1;
    off[0] = -3e-8;
    off[size + 1] = 1 + 2 ** -22;
    const given = off.slice();
    const small = v.map((x) => x / 255);
    expect(await foolingRate(of1, off, small)).toEqual(await foolingRate(of1, exact, small));
    const options = { method: "momentum", passes: 1 } as const;
    const { last } = await universalPerturbation(of1, off, options);
    expectSameBits(last, (await universalPerturbation(of1, exact, options)).last, "v");
    const bounds = [0, 1] as const;
    const { perturbation } = await deepfool(of1, off, { bounds, steps: 3 });
    expectSameBits(perturbation, (await deepfool(of1, exact, { bounds, steps: 3 })).perturbation, "r");
    expect(off).toEqual(given);
    await expectRefusal(foolingRate(of1, off.with(0, -1e-6), small), /images\[0\] is -9.99/);
  });

  few("points of logits, jacobian and gradient may lie anywhere, as image + v may", async () => {
    const beyond = unit.map((x) => 3 * x - 1);
    expect((await of1.logits(beyond)).logits.every(Number.isFinite)).toBe(true);
    expect((await of1.jacobian(beyond, { classes: 1 })).values.length).toBe(N * size);
    expect((await of1.gradient(beyond, { loss: "logit", labels })).values.length).toBe(N * size);
  });

  few("class indices come in an array of any kind", async () => {
    const { values } = await of1.jacobian(unit, { classes: Int32Array.from(labels) });
    for (const classes of [labels, Uint8Array.from(labels), BigUint64Array.from(labels.map(BigInt))]) {
      const call = of1.jacobian(unit, { classes: classes as number[] });
      if (classes instanceof BigUint64Array)
        await expectRefusal(call, /classes holds 0, expected class indices/);
      else expectSameBits((await call).values, values, "rows");
    }
    await expectRefusal(of1.jacobian(unit, { classes: [0, 1, 2, C] }), /classes holds 5, expected indices/);
    await expectRefusal(of1.jacobian(unit, { classes: [0, 1, 2.5, 3] }), /classes holds 2.5, expected class/);
    await expectRefusal(
      of1.jacobian(unit, { classes: [0, 1, 2] }),
      /classes has 3 indices, expected a multiple/,
    );
    await expectRefusal(of1.jacobian(unit, { classes: "3" as never }), /classes is string, expected a count/);
  });
});
