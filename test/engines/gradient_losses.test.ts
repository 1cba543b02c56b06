import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gradient } from "../../src/api/gradient.js";
import type { GradientEngine } from "../../src/engines/engine.js";
import { portionOf } from "../support/portion.js";
import { expectSameBits } from "./comparison.js";
import { type EngineUnderTest, reference, wasmEngines } from "./engines.js";
import { cotangents, images, input, LOSSES, N, network, size } from "./gradient_cases.js";
import { tfjs } from "./other_engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

/** All losses take seconds each where an engine computes on a software GPU or in JavaScript. */
const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [reference, ...wasmEngines],
  slow: [...webgpuEngines, tfjs],
});

describe.each(engines)("gradients of every loss, $name", (under) => {
  let engine: GradientEngine;
  beforeAll(async () => {
    engine = (await under.create(network, input)) as GradientEngine;
  });
  afterAll(() => engine.dispose());

  test("the sum is that of the images in their order, rounded once", async () => {
    for (const [, options] of LOSSES) {
      const each = await engine.gradient(images, options);
      const total = new Float64Array(size);
      for (let n = 0; n < N; n++) for (let i = 0; i < size; i++) total[i] += each.values[n * size + i];
      const sum = await engine.gradient(images, { ...options, sum: true });
      expectSameBits(sum.values, Float32Array.from(total), "sum");
      expectSameBits(sum.losses, each.losses, "losses");
    }
  });

  test("an engine without gradient of its own has it through its Jacobians", async () => {
    const { gradient: _, ...rest } = engine;
    for (const [, options] of LOSSES) {
      const own = await engine.gradient(images, options);
      const portable = await gradient(rest, images, options);
      expectSameBits(portable.losses, own.losses, "losses");
      const scale = own.values.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      const apart = portable.values.map((g, i) => Math.abs(g - own.values[i]));
      expect(Math.max(...apart)).toBeLessThan(1e-5 * scale);
    }
    expect((await gradient(engine, images, { cotangents })).values.length).toBe(N * size);
  });
});
