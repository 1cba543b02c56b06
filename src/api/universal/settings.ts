import { show } from "../../engines/arguments.js";
import type { Engine } from "../../engines/engine.js";
import type { Pixels } from "../../engines/pixels.js";
import { InvalidArgumentError } from "../../errors.js";
import { sizeOf } from "../../network/spec.js";
import type { CraftingSettings } from "../crafting.js";
import { checkCandidates, checkProfile } from "../deepfool.js";
import { checkPerturbation } from "../evaluating/fooled_share.js";
import { imagesIn } from "../images.js";
import {
  checkCallback,
  checkEngine,
  checkSignal,
  flag,
  integer,
  nonNegative,
  oneOf,
  optionsObject,
  positive,
  share,
} from "../options.js";
import { defaultBatch } from "../predict.js";
import { type Augmentation, usualAugmentation } from "./augmentation.js";
import { METHODS, type UniversalMethod } from "./method.js";
import { momentum, usualMomentumStep } from "./momentum.js";
import type { UniversalOptions } from "./options.js";
import type { RuleMaker } from "./rule.js";
import { sga } from "./sga.js";
import { sgd } from "./sgd.js";
import type { Stage, StochasticSettings } from "./stochastic.js";
import { COUNT } from "./synthetic_images.js";
import { tilingOf } from "./tiling.js";

const CALLER = "universalPerturbation";

type Key = keyof UniversalOptions;
type UniversalSteps = StochasticSettings["method"];

const OF_ALL: readonly Key[] = [
  ...(["method", "norm", "radius", "delta", "passes", "seed", "initial", "clip"] as const),
  ...(["signal", "onProgress"] as const),
];
const WITH_STEPS: readonly Key[] = ["target", "dataFree", "tile", "batch", "stepSize"];
/** The options of each method besides those of all. */
const OF_METHOD: Readonly<Record<UniversalMethod, readonly Key[]>> = {
  deepfool: ["classes", "steps", "overshoot", "profile", "lookAhead"],
  sgd: [...WITH_STEPS, "beta"],
  sga: [...WITH_STEPS, "beta", "momentum", "innerBatch", "innerPasses"],
  momentum: [...WITH_STEPS, "momentum", "starts", "weighting", "augment"],
};

/** @throws InvalidArgumentError for whatever is wrong */
export function resolveSettings(
  engine: Engine,
  pixels: Pixels,
  options: UniversalOptions | undefined,
): { readonly images: Float32Array; readonly settings: CraftingSettings | StochasticSettings } {
  const known = new Set([...OF_ALL, ...METHODS.flatMap((method) => OF_METHOD[method])]);
  const given = optionsObject(CALLER, options, [...known]);
  checkEngine(CALLER, engine);
  const images = imagesIn(CALLER, pixels, engine);
  const method = oneOf(CALLER, "method", given.method ?? usualMethod(given), METHODS);
  for (const key of Object.keys(given) as Key[])
    if (given[key] !== undefined && !OF_ALL.includes(key) && !OF_METHOD[method].includes(key)) {
      const owners = METHODS.filter((name) => OF_METHOD[name].includes(key)).map((name) => `"${name}"`);
      throw new InvalidArgumentError(
        `${CALLER}: ${key} is given with method "${method}", expected method ${owners.join(" or ")}`,
      );
    }
  checkSignal(CALLER, given.signal);
  checkCallback(CALLER, "onProgress", given.onProgress);
  const norm = oneOf(CALLER, "norm", given.norm ?? Infinity, [2, Infinity] as const);
  const common = {
    norm,
    radius: positive(CALLER, "radius", given.radius ?? defaultRadius(engine, norm), "pixel units"),
    seed: integer(CALLER, "seed", given.seed ?? 0, 0, Number.MAX_SAFE_INTEGER),
    initial: given.initial,
    clip: flag(CALLER, "clip", given.clip ?? false),
    signal: given.signal,
    onProgress: given.onProgress,
  };
  const count = images.length / sizeOf(engine.inputShape);
  const settings =
    method === "deepfool"
      ? { ...common, method, ...deepfoolSettings(engine, given) }
      : { ...common, method, ...stepSettings(engine, count, method, given, common) };
  if (given.initial !== undefined) checkPerturbation(CALLER, given.initial, engine, "initial");
  return { images, settings };
}

/** What is best on every network of `bench/rules`, unless options are given that only DeepFool has. */
function usualMethod(given: UniversalOptions): UniversalMethod {
  return OF_METHOD.deepfool.some((key) => given[key] !== undefined) ? "deepfool" : "momentum";
}

function deepfoolSettings(engine: Engine, given: UniversalOptions) {
  return {
    delta: share(CALLER, "delta", given.delta ?? 0.2),
    passes: integer(CALLER, "passes", given.passes ?? 10, 1),
    lookAhead: integer(CALLER, "lookAhead", given.lookAhead ?? defaultBatch(engine), 1),
    deepfool: {
      norm: 2,
      profile: checkProfile(CALLER, given.profile ?? "lts4"),
      classes: checkCandidates(CALLER, engine, given.classes ?? 10),
      // A run counts only below steps - 1, so a single step could never count.
      steps: integer(CALLER, "steps", given.steps ?? 10, 3),
      overshoot: nonNegative(CALLER, "overshoot", given.overshoot ?? 0.02),
      trace: false,
      signal: given.signal,
    },
  } as const;
}

function stepSettings(
  engine: Engine,
  images: number,
  method: UniversalSteps,
  given: UniversalOptions,
  { norm, radius }: Pick<StochasticSettings, "norm" | "radius">,
) {
  const { target } = given;
  if (target !== undefined) integer(CALLER, "target", target, 0, engine.classes - 1);
  if (target !== undefined && given.beta !== undefined)
    throw new InvalidArgumentError(
      `${CALLER}: beta is ${given.beta} with target ${target}, expected one of the two`,
    );
  const dataFree = flag(CALLER, "dataFree", given.dataFree ?? false);
  const barred = (["target", "delta", "beta", "starts", "weighting"] as const).find(
    (key) => dataFree && given[key] !== undefined,
  );
  if (barred)
    throw new InvalidArgumentError(
      `${CALLER}: ${barred} is ${show(given[barred])} with dataFree, expected none: there are no labels to go by`,
    );
  const tile = integer(CALLER, "tile", given.tile ?? 1, 1);
  const count = dataFree ? COUNT : images;
  const passes = integer(CALLER, "passes", given.passes ?? usualPasses(count), 1);
  const starts = integer(CALLER, "starts", given.starts ?? usualStarts(method, given), 1);
  const stage = (passes: number, starts: number): Stage => {
    const batch = integer(CALLER, "batch", given.batch ?? usualBatch(method, count, passes), 1);
    const usual = method === "momentum" ? usualMomentumStep(norm, passes * Math.ceil(count / batch)) : 0.1;
    const a = radius * positive(CALLER, "stepSize", given.stepSize ?? usual, "radii");
    return { passes, starts, batch, rule: ruleOf(engine, count, method, a, given) };
  };
  return {
    // Unless asked to, no pass is left out: few images are all fooled long before others are.
    delta: given.delta === undefined ? undefined : share(CALLER, "delta", given.delta),
    passes,
    target,
    dataFree,
    tile,
    tiling: tilingOf(CALLER, tile, engine.inputShape),
    // Which start is the best shows where its steps have come to an end.
    stages: starts > 1 && passes > 1 ? [stage(1, starts), stage(passes - 1, 1)] : [stage(passes, starts)],
  };
}

/** Images a step, of so many and for so many passes over them. */
function usualBatch(method: UniversalSteps, count: number, passes: number): number {
  switch (method) {
    // Published batches are for thousands of images; fewer shall still be several steps a pass.
    case "sgd":
      return Math.min(Math.ceil(count / 5), 100);
    case "sga":
      return Math.min(Math.max(Math.floor(count / 40), 20), 250);
    // A hundred steps, where that is no batch of fewer than 4 or of more than 10.
    case "momentum":
      return Math.min(Math.max(Math.round((passes * count) / 100), 4), 10);
  }
}

function ruleOf(
  engine: Engine,
  count: number,
  method: UniversalSteps,
  a: number,
  given: UniversalOptions,
): RuleMaker {
  const beta = positive(CALLER, "beta", given.beta ?? 9);
  const mu = share(CALLER, "momentum", given.momentum ?? (method === "momentum" ? 0.9 : 0));
  switch (method) {
    case "sgd":
      return sgd({ a, beta });
    case "sga": {
      const innerBatch = integer(CALLER, "innerBatch", given.innerBatch ?? 10, 1);
      const innerPasses = integer(CALLER, "innerPasses", given.innerPasses ?? 4, 1);
      return sga({ a, beta, innerBatch, innerPasses, momentum: mu });
    }
    case "momentum": {
      const usual = given.dataFree ? "equal" : "near";
      const weighting = oneOf(CALLER, "weighting", given.weighting ?? usual, ["equal", "near"] as const);
      return momentum({ a, momentum: mu, weighting, augmentation: augmentationOf(engine, count, given) });
    }
  }
}

/** Ten, and more where that would be fewer gradients than a v for other images takes. */
function usualPasses(count: number): number {
  return Math.min(Math.max(10, Math.ceil(1000 / count)), 100);
}

/** Runs fall into different basins; of a v that is given there is one. */
function usualStarts(method: UniversalMethod, { initial, dataFree }: UniversalOptions): number {
  return method === "momentum" && initial === undefined && !dataFree ? 3 : 1;
}

function augmentationOf(
  { inputShape }: Engine,
  count: number,
  { augment, dataFree }: UniversalOptions,
): Augmentation {
  const none = { shift: 0, flip: false };
  // Jigsaws are new in every pass, and a vector has no sides.
  const usual = dataFree || inputShape.length !== 3 ? none : usualAugmentation(inputShape, count);
  const given = augment === false ? none : optionsObject(CALLER, augment, ["shift", "flip"], "augment");
  const { shift = usual.shift, flip = usual.flip } = given;
  if (inputShape.length !== 3 && (shift > 0 || flip !== false))
    throw new InvalidArgumentError(
      `${CALLER}: augment is given for inputs of shape ${inputShape.join("x")}, expected images`,
    );
  return {
    shift: integer(CALLER, "augment.shift", shift, 0),
    flip: flip === undefined ? undefined : flag(CALLER, "augment.flip", flip),
  };
}

/** 10/255 of the range for Infinity; 2000/255 of it on 224x224x3, as much per pixel on other sizes, for 2. */
export function defaultRadius(engine: Engine, norm: 2 | typeof Infinity): number {
  const width = engine.range[1] - engine.range[0];
  if (norm === Infinity) return (10 / 255) * width;
  return (2000 / 255) * width * Math.sqrt(sizeOf(engine.inputShape) / (224 * 224 * 3));
}
