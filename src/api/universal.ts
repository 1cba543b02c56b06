import { countImages } from "../engines/arguments.js";
import type { DeepfoolProfile, Engine } from "../engines/engine.js";
import { sizeOf } from "../network/spec.js";
import { type CraftingSettings, craft } from "./crafting.js";
import { checkCandidates, checkProfile } from "./deepfool.js";
import { checkPerturbation } from "./evaluate.js";
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
} from "./options.js";
import { defaultBatch } from "./predict.js";
import type { UniversalProgress, UniversalResult } from "./universal_result.js";

export interface UniversalOptions {
  /** The norm of the ball that v stays in. Default Infinity. */
  readonly norm?: 2 | typeof Infinity;
  /**
   * Radius of that ball, in the units of the images. Default 10/255 of the range's width for Infinity; for 2,
   * 2000/255 of it at 224x224x3 and proportional to sqrt(H W C), so that the size per pixel is the same.
   */
  readonly radius?: number;
  /** Stop once this share or less of the images is left unfooled. In [0, 1), default 0.2. */
  readonly delta?: number;
  /** Most passes over the images. Default 10. */
  readonly passes?: number;
  /** DeepFool's candidates, steps, overshoot and profile. Default 10, 10, 0.02, "lts4". */
  readonly classes?: number;
  /** At least 3: a run counts only if it fooled within `steps` - 2. */
  readonly steps?: number;
  readonly overshoot?: number;
  readonly profile?: DeepfoolProfile;
  /** Seed of the shuffles, a non-negative integer. Default 0. */
  readonly seed?: number;
  /** v to start from, `[H][W][C]`; projected onto the ball first. Default 0. */
  readonly initial?: Float32Array;
  /** Clip image + v to `engine.range` wherever the network judges it. Default false, as in the reference. */
  readonly clip?: boolean;
  /** Most images judged ahead in one call; the result does not depend on it. Default 64, fewer if large. */
  readonly lookAhead?: number;
  readonly signal?: AbortSignal;
  /** Called as images are dealt with, and at the end of each pass. */
  readonly onProgress?: (progress: UniversalProgress) => void;
}

/**
 * One perturbation that changes the prediction on most images (arXiv:1610.08401, Algorithm 1, as in LTS4/universal):
 *
 *     v = 0
 *     repeat until foolingRate(images, v) >= 1 - delta or passes are used up:
 *       for each image x in a newly shuffled order:
 *         if argmax f(x) == argmax f(x + v):
 *           r = deepfool(x + v)      the l2 step whatever the norm is; candidates, steps, overshoot as given
 *           if it fooled within steps - 2 steps:  v = project(v + r)
 *
 * Sequential, exactly: judging upcoming images ahead in one batch is only a fast path, and what it found is thrown
 * away once v changes. v is float32, v + r and x + v are rounded to float32. DeepFool runs without bounds here, so
 * that one image's clipping never enters v. A given seed gives the same v wherever the engine gives the same
 * numbers. `perturbation` is the best v of all passes (the rate swings), `last` the final one.
 *
 * @param engine from `compile`, or any object that satisfies `Engine`
 * @param images the crafting set, `[N][H][W][C]`, values in `engine.range`; labels are not needed
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws EngineError if a logit is NaN at an image, at image + v or where DeepFool leads from there (`image` says whose),
 *   or if the engine was disposed or has failed
 * @throws UniversalAbortedError when the signal aborts; its `result` holds the best v so far
 *
 * @example
 * const uap = await universalPerturbation(net, images, { norm: Infinity, radius: 10 / 255 });
 * const { rate } = await foolingRate(net, heldOut, uap.perturbation);
 */
export async function universalPerturbation(
  engine: Engine,
  images: Float32Array,
  options?: UniversalOptions,
): Promise<UniversalResult> {
  const settings = resolveSettings(engine, images, options);
  return craft(engine, images, settings);
}

function resolveSettings(
  engine: Engine,
  images: Float32Array,
  options: UniversalOptions | undefined,
): CraftingSettings {
  const caller = "universalPerturbation";
  const given = optionsObject(caller, options, [
    "norm",
    "radius",
    "delta",
    "passes",
    "classes",
    "steps",
    "overshoot",
    "profile",
    "seed",
    "initial",
    "clip",
    "lookAhead",
    "signal",
    "onProgress",
  ]);
  checkEngine(caller, engine);
  checkSignal(caller, given.signal);
  checkCallback(caller, "onProgress", given.onProgress);
  const norm = oneOf(caller, "norm", given.norm ?? Infinity, [2, Infinity] as const);
  const settings: CraftingSettings = {
    norm,
    radius: positive(caller, "radius", given.radius ?? defaultRadius(engine, norm), "pixel units"),
    delta: share(caller, "delta", given.delta ?? 0.2),
    passes: integer(caller, "passes", given.passes ?? 10, 1),
    seed: integer(caller, "seed", given.seed ?? 0, 0, Number.MAX_SAFE_INTEGER),
    initial: given.initial,
    clip: flag(caller, "clip", given.clip ?? false),
    lookAhead: integer(caller, "lookAhead", given.lookAhead ?? defaultBatch(engine), 1),
    signal: given.signal,
    onProgress: given.onProgress,
    deepfool: {
      norm: 2,
      profile: checkProfile(caller, given.profile ?? "lts4"),
      classes: checkCandidates(caller, engine, given.classes ?? 10),
      // A run counts only below steps - 1, so a single step could never count.
      steps: integer(caller, "steps", given.steps ?? 10, 3),
      overshoot: nonNegative(caller, "overshoot", given.overshoot ?? 0.02),
      trace: false,
      signal: given.signal,
    },
  };
  if (settings.initial !== undefined) checkPerturbation(caller, settings.initial, engine, "initial");
  countImages(caller, images, engine.inputShape);
  return settings;
}

/** 10/255 of the range for Infinity; 2000/255 of it on 224x224x3, as much per pixel on other sizes, for 2. */
export function defaultRadius(engine: Engine, norm: 2 | typeof Infinity): number {
  const width = engine.range[1] - engine.range[0];
  if (norm === Infinity) return (10 / 255) * width;
  return (2000 / 255) * width * Math.sqrt(sizeOf(engine.inputShape) / (224 * 224 * 3));
}
