import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/api/compile.js";
import { deepfool } from "../../src/api/deepfool.js";
import { foolingRate } from "../../src/api/evaluate.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine } from "../../src/engines/engine.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { EngineError } from "../../src/errors.js";
import { argmax } from "../../src/kernels/top_classes/reference.js";
import { resolveInput } from "../../src/network/input.js";
import { expectSameBits } from "./comparison.js";
import { reference, wasmEngines } from "./engines.js";
import { foreign, tfjs } from "./other_engines.js";
import { greys, overflowingNetwork } from "./overflowing_network.js";
import { webgpuEngines } from "./webgpu_engines.js";

const input = resolveInput({ range: [0, 1] }, 1);

const engines = [reference, ...wasmEngines, ...webgpuEngines, tfjs, foreign];

describe.each(engines)("logits that are NaN: $name", (under) => {
  // Scores are 3 and four times the grey: the boundary is at 0.75, beyond the threshold.
  let engine: Engine;
  const network = overflowingNetwork(0.7, "NaN");
  const sound = greys(0.2, 0.5, 0.69);
  const broken = greys(0.2, 0.9, 0.5);
  beforeAll(async () => {
    engine = await under.create(network, input);
  });
  afterAll(() => engine.dispose());

  const calls: Record<string, [(e: Engine) => Promise<unknown>, RegExp]> = {
    logits: [(e) => e.logits(broken), /^logits: a logit of image 1 is NaN, expected/],
    jacobian: [(e) => e.jacobian(broken, { classes: 2 }), /^jacobian: a logit of image 1 is NaN, expected/],
    "deepfool, at an image": [
      (e) => deepfool(e, greys(0.9), { classes: 3 }),
      /^deepfool: a logit of image 0 is NaN, expected/,
    ],
    "deepfool, on its way": [
      (e) => deepfool(e, sound, { classes: 3 }),
      /^deepfool: a logit of image \d is NaN after 1 step, /,
    ],
    "minimalPerturbation, at an image": [
      (e) => minimalPerturbation(e, broken),
      /^minimalPerturbation: a logit of image 1 is NaN, expected/,
    ],
    "minimalPerturbation, on DeepFool's way": [
      (e) => minimalPerturbation(e, sound, { bounds: [-9, 9] }),
      /^minimalPerturbation: a logit of image \d is NaN after 1 step, /,
    ],
    "minimalPerturbation, on FMN's": [
      (e) => minimalPerturbation(e, sound, { method: "fmn" }),
      /^minimalPerturbation: a logit of image \d is NaN after \d step/,
    ],
    "minimalPerturbation, towards a class": [
      (e) => minimalPerturbation(e, sound, { method: "deepfool", targets: [1, 1, 1] }),
      /^minimalPerturbation: a logit of image \d is NaN/,
    ],
    foolingRate: [
      (e) => foolingRate(e, sound, greys(0.1)),
      /^foolingRate: a logit of image 2 is NaN, expected/,
    ],
    "universalPerturbation, at an image": [
      (e) => universalPerturbation(e, broken, { norm: Infinity, radius: 0.3, classes: 3 }),
      /^universalPerturbation: a logit of image 1 is NaN/,
    ],
    "universalPerturbation, on its way": [
      (e) => universalPerturbation(e, sound, { norm: Infinity, radius: 0.3, classes: 3 }),
      /^universalPerturbation: a logit of image \d is NaN after 1 step, /,
    ],
  };

  test.each(Object.entries(calls))(
    "%s: one typed line that names the image; the engine goes on",
    async (_, [call, says]) => {
      const before = await engine.logits(sound);
      const error = await call(engine).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(EngineError);
      const { message, image } = error as EngineError;
      expect(message).toMatch(says);
      expect(message).not.toContain("\n");
      expect(image).toBe(Number(message.match(/image (\d)/)![1]));
      expectSameBits((await engine.logits(sound)).logits, before.logits, "logits afterwards");
    },
  );

  test("what stays below the threshold is answered", async () => {
    // The boundary lies before it.
    const other = await under.create(overflowingNetwork(0.9, "NaN"), input);
    const { labels, newLabels } = await deepfool(other, sound, { classes: 3 });
    expect([...labels, ...newLabels]).toEqual([0, 0, 0, 1, 1, 1]);
    other.dispose();
  });
});

test.each([0, 2, 4])(
  "loops side by side name the first image, whichever is met first, %i threads",
  async (threads) => {
    using engine = await createWasmEngine(overflowingNetwork(0.7, "NaN"), input, { threads });
    // With two loops the second begins at image 4, which fails at once; the first comes to image 1 after another.
    const run = engine.deepfool?.(greys(0.2, 0.9, 0.2, 0.2, 0.9, 0.9, 0.9, 0.9), {
      ...{ norm: 2, profile: "lts4", classes: 3, steps: 5, overshoot: 0.02, trace: false },
      labels: new Int32Array(8).fill(1),
    });
    await expect(run).rejects.toMatchObject({ image: 1, steps: 0 });
    await expect(engine.logits(greys(0.2))).resolves.toBeDefined();
  },
);

describe.each(engines)("logits that are infinite: $name", (under) => {
  test("have an order, and end a DeepFool run", async () => {
    const engine = await under.create(overflowingNetwork(0.7, "infinite"), input);
    const { logits, labels } = await engine.logits(greys(0.2, 0.9));
    expect([...labels]).toEqual([0, 2]);
    expect(logits[5]).toBe(Infinity);
    expect(argmax(logits, 3, 3)).toBe(2);
    const run = await deepfool(engine, greys(0.2, 0.9), { classes: 3 });
    expect(run.perturbation.every(Number.isFinite)).toBe(true);
    engine.dispose();
  });
});

describe("compile", () => {
  test.each(["NaN", "infinite"] as const)("warns of outputs that are %s", async (ending) => {
    const net = await compile(overflowingNetwork(0.01, ending), { backend: "reference" });
    expect(net.warnings).toEqual([expect.stringContaining(`are ${ending} at an image of noise`)]);
    net.dispose();
  });
});
