import { describe, expect, it } from "vitest";
import {
  type DeepfoolOptions,
  deepfool,
  type Engine,
  type FoolingRateOptions,
  foolingRate,
  InvalidArgumentError,
  type MinimalOptions,
  minimalPerturbation,
  type UniversalOptions,
  universalPerturbation,
} from "../../src/index.js";
import { curved, engineOf, randomImages } from "./analytic_engines.js";

const size = 6;
const images = randomImages(3, size, 1);
const v = new Float32Array(size).fill(0.1);

/** Runs a call on a fresh engine: it must reject with one line, before the engine is asked anything. */
async function expectRejection(call: (engine: Engine) => Promise<unknown>, message: string | RegExp) {
  const engine = engineOf(curved(size, 4, 2));
  const error: unknown = await call(engine).catch((reason) => reason);
  expect(error).toBeInstanceOf(InvalidArgumentError);
  if (!(error instanceof InvalidArgumentError)) return;
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("\n");
  expect(engine.calls).toMatchObject({ logits: 0, jacobian: 0 });
  expect((await deepfool(engine, images)).labels.length).toBe(3);
}

const shared: [Record<string, unknown>, string | RegExp][] = [
  [{ norm: 1 }, "norm is 1, expected 2 or Infinity"],
  [{ norm: "inf" }, 'norm is "inf", expected 2 or Infinity'],
  [{ profile: "deepfool" }, 'profile is "deepfool", expected "lts4" or "lts4-torch" or "foolbox" or "paper"'],
  [{ profile: "toString" }, 'profile is "toString", expected "lts4"'],
  [{ classes: 0 }, "classes is 0, expected an integer >= 2"],
  [{ classes: 1 }, "classes is 1, expected an integer >= 2"],
  [{ classes: 2.5 }, "classes is 2.5, expected an integer >= 2"],
  [{ classes: Number.NaN }, "classes is NaN, expected an integer >= 2"],
  [{ classes: Infinity }, "classes is Infinity, expected an integer >= 2"],
  [{ steps: 0 }, /steps is 0, expected an integer >= [13]/],
  [{ steps: 1.5 }, /steps is 1.5, expected an integer >= [13]/],
  [{ steps: "9" }, /steps is "9", expected an integer >= [13]/],
  [{ overshoot: -0.1 }, "overshoot is -0.1, expected a finite number >= 0"],
  [{ overshoot: Infinity }, "overshoot is Infinity, expected a finite number >= 0"],
  [{ overshoot: null, steps: 0 }, /steps is 0/],
  [{ signal: "soon" }, /: signal is "soon", expected an AbortSignal$/],
  [{ signal: {} }, /: signal is Object, expected an AbortSignal$/],
  [{ signal: new AbortController() }, /: signal is AbortController, expected an AbortSignal$/],
  [{ onProgress: 5 }, /: onProgress is 5, expected a function$/],
  [{ step: 10 }, /unknown option "step", expected .*steps/],
];

describe("deepfool", () => {
  it.each([
    ...shared,
    [{ bounds: [1, 0] }, "deepfool: bounds is [1, 0], expected [low, high] with low < high"],
    [{ bounds: [0, Number.NaN] }, "deepfool: bounds is [0, NaN], expected [low, high] with low < high"],
    [{ bounds: 1 }, "deepfool: bounds is 1, expected [low, high] with low < high"],
    [
      { bounds: [0.9, 1] },
      /^deepfool: images\[0\] is 0\.\d+, expected values within the bounds \[0.89\d+, 1\]$/,
    ],
    [{ trace: "yes" }, 'deepfool: trace is "yes", expected true or false'],
  ] as [Record<string, unknown>, string | RegExp][])("rejects %j", async (options, message) => {
    const expected = typeof message === "string" ? escaped(message) : message;
    await expectRejection((engine) => deepfool(engine, images, options as DeepfoolOptions), expected);
  });
});

describe("minimalPerturbation", () => {
  it.each([
    ...shared.filter(([options]) => !("profile" in options) && !("step" in options)),
    [{ method: "cw" }, 'minimalPerturbation: method is "cw", expected "sdf" or "fmn" or "deepfool"'],
    [{ profile: "paper" }, 'minimalPerturbation: unknown option "profile", expected method, norm, targets'],
    [{ radius: 1 }, 'minimalPerturbation: unknown option "radius", expected method'],
    [{ variant: "added" }, 'variant is "added", expected "descent" or "paper"'],
    [{ rounds: 2 }, 'minimalPerturbation: rounds is given with variant "descent", expected variant "paper"'],
    [{ variant: "paper", starts: 1 }, 'starts is given with variant "paper", expected variant "descent"'],
    [{ variant: "paper", rounds: 0 }, "rounds is 0, expected an integer >= 1"],
    [{ starts: -1 }, "starts is -1, expected an integer >= 0"],
    [
      { method: "fmn", classes: 5 },
      'classes is given with method "fmn", expected method "sdf" or "deepfool"',
    ],
    [
      { method: "deepfool", variant: "paper" },
      'variant is given with method "deepfool", expected method "sdf"',
    ],
    [{ targets: 1 }, "minimalPerturbation: targets is 1, expected an array of 3 class indices, one an image"],
    [{ targets: [1, 2] }, "targets has 2 values, expected 3 class indices, one an image"],
    [{ targets: [1, 2, 4] }, "minimalPerturbation: targets[2] is 4, expected an integer from 0 to 3"],
    [{ targets: Float32Array.of(0, 0.5, 1) }, "targets[1] is 0.5, expected an integer from 0 to 3"],
    [{ bounds: [1, 0] }, "minimalPerturbation: bounds is [1, 0], expected [low, high] with low < high"],
    [{ bounds: [0, Infinity] }, "bounds is [0, Infinity], expected [low, high] with low < high"],
    [
      { bounds: [0.9, 1] },
      /^minimalPerturbation: images\[0\] is 0\.\d+, expected values within the bounds \[0.89\d+, 1\]$/,
    ],
    [{ levels: 1 }, "minimalPerturbation: levels is 1, expected an integer from 2 to 65536"],
    [{ levels: 2, bounds: [0.1, 0.9] }, "levels is 2, expected some within the bounds [0.1"],
  ] as [Record<string, unknown>, string | RegExp][])("rejects %j", async (options, message) => {
    const expected = typeof message === "string" ? escaped(message) : message;
    await expectRejection(
      (engine) => minimalPerturbation(engine, images, options as MinimalOptions),
      expected,
    );
  });
});

describe("universalPerturbation", () => {
  it.each([
    ...shared,
    [{ radius: 0 }, "universalPerturbation: radius is 0, expected a positive number of pixel units"],
    [{ epsilon: 0.03 }, /^universalPerturbation: unknown option "epsilon", expected radius$/],
    [{ eps: 0.03 }, /^universalPerturbation: unknown option "eps", expected radius$/],
    [{ radius: -1 }, "radius is -1, expected a positive number"],
    [{ radius: Number.NaN }, "radius is NaN, expected a positive number"],
    [{ radius: Infinity }, "radius is Infinity, expected a positive number"],
    [{ radius: "10/255" }, 'radius is "10/255", expected a positive number'],
    [{ delta: 1 }, "universalPerturbation: delta is 1, expected a number in [0, 1)"],
    [{ delta: -0.1 }, "delta is -0.1, expected a number in [0, 1)"],
    [{ delta: Number.NaN }, "delta is NaN, expected a number in [0, 1)"],
    [{ passes: 0 }, "universalPerturbation: passes is 0, expected an integer >= 1"],
    [{ passes: Infinity }, "passes is Infinity, expected an integer >= 1"],
    [{ steps: 2 }, "universalPerturbation: steps is 2, expected an integer >= 3"],
    [{ seed: -1 }, "seed is -1, expected an integer from 0 to 9007199254740991"],
    [{ seed: 0.5 }, "seed is 0.5, expected an integer"],
    [{ clip: 1 }, "universalPerturbation: clip is 1, expected true or false"],
    [{ lookAhead: 0 }, "lookAhead is 0, expected an integer >= 1"],
    [
      { initial: new Float32Array(5) },
      "universalPerturbation: initial has 5 values, expected a multiple of 6 (6)",
    ],
    [{ initial: images }, "universalPerturbation: initial has 18 values, expected 6 (6)"],
    [{ initial: [0, 0, 0, 0, 0, 0] }, "universalPerturbation: initial is Array, expected a Float32Array"],
    [
      { initial: v.map(() => Number.NaN) },
      "universalPerturbation: initial[0] is NaN (image 0), expected finite values",
    ],
  ] as [Record<string, unknown>, string | RegExp][])("rejects %j", async (options, message) => {
    const expected = typeof message === "string" ? escaped(message) : message;
    await expectRejection(
      (engine) => universalPerturbation(engine, images, options as UniversalOptions),
      expected,
    );
  });
});

describe("foolingRate", () => {
  it.each([
    [{ clip: 0 }, "foolingRate: clip is 0, expected true or false"],
    [{ batch: 0 }, "foolingRate: batch is 0, expected an integer >= 1"],
    [
      { labels: new Int32Array(2) },
      "foolingRate: labels has 2 values, expected an Int32Array of 3, one an image",
    ],
    [{ labels: null }, "foolingRate: labels has no values, expected an Int32Array of 3, one an image"],
    [{ labels: [0, 1, 2] }, "foolingRate: labels has 3 values, expected an Int32Array of 3, one an image"],
    [{ signal: {} }, "foolingRate: signal is Object, expected an AbortSignal"],
    [{ onProgress: {} }, "foolingRate: onProgress is Object, expected a function"],
    [{ radius: 1 }, 'foolingRate: unknown option "radius"'],
    [null, "foolingRate: options is null, expected an object"],
  ])("rejects %j", async (options, message) => {
    await expectRejection(
      (engine) => foolingRate(engine, images, v, options as unknown as FoolingRateOptions),
      escaped(message),
    );
  });

  it.each([
    [new Float32Array(0), "foolingRate: perturbation is empty, expected at least one image"],
    [new Float32Array(7), "foolingRate: perturbation has 7 values, expected a multiple of 6 (6)"],
    [new Float32Array(12), "foolingRate: perturbation has 12 values, expected 6 (6)"],
    [v.map(() => Infinity), "foolingRate: perturbation[0] is Infinity"],
  ])("rejects perturbation %#", async (perturbation, message) => {
    await expectRejection((engine) => foolingRate(engine, images, perturbation), escaped(message));
  });
});

describe.each([
  ["deepfool", (engine: Engine, x: Float32Array) => deepfool(engine, x)],
  ["minimalPerturbation", (engine: Engine, x: Float32Array) => minimalPerturbation(engine, x)],
  ["universalPerturbation", (engine: Engine, x: Float32Array) => universalPerturbation(engine, x)],
  ["foolingRate", (engine: Engine, x: Float32Array) => foolingRate(engine, x, v)],
] as const)("%s", (caller, call) => {
  it.each([
    [new Float32Array(0), "images is empty, expected at least one image"],
    [new Float32Array(10), "images has 10 values, expected a multiple of 6 (6)"],
    [
      Float32Array.of(0, 0, 0, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0),
      "images[7] is NaN (image 1), expected finite",
    ],
    [Float32Array.of(0, 0, -Infinity, 0, 0, 0), "images[2] is -Infinity (image 0), expected finite values"],
    [[0, 0, 0, 0, 0, 0] as unknown as Float32Array, "images is Array, expected a Float32Array"],
    [undefined as unknown as Float32Array, "images is undefined, expected a Float32Array"],
  ])("rejects images %#", async (bad, message) => {
    await expectRejection((engine) => call(engine, bad), escaped(`${caller}: ${message}`));
  });

  it.each([
    [
      undefined,
      `${caller}: engine is undefined, expected an Engine (inputShape, classes, range, logits, jacobian)`,
    ],
    [{ logits: () => 0 }, `${caller}: engine is Object, expected an Engine`],
    [
      { ...engineOf(curved(size, 4, 2)), classes: 1 },
      `${caller}: engine.classes is 1, expected an integer >= 2`,
    ],
    [
      { ...engineOf(curved(size, 4, 2)), range: [0, 0] },
      `${caller}: engine.range is [0, 0], expected [low, high]`,
    ],
  ])("rejects engine %#", async (engine, message) => {
    await expect(call(engine as unknown as Engine, images)).rejects.toThrow(message);
  });
});

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
