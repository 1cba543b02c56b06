import { countImages } from "../engines/arguments.js";
import type { DeepfoolProfile, DeepfoolRequest, DeepfoolRun, Engine } from "../engines/engine.js";
import { type Pixels, pixelsOf } from "../engines/pixels.js";
import { PROFILE_NAMES, PROFILES } from "../kernels/deepfool_step/profiles.js";
import { within } from "./images.js";
import {
  checkCallback,
  checkEngine,
  checkSignal,
  flag,
  integer,
  interval,
  nonNegative,
  oneOf,
  optionsObject,
} from "./options.js";
import { own, ownIn } from "./own.js";

export interface DeepfoolOptions {
  /** The norm that the perturbation is small in. Default 2. */
  readonly norm?: 2 | typeof Infinity;
  /** Which published spelling to follow. Default "lts4". */
  readonly profile?: DeepfoolProfile;
  /** Number of candidate classes, the prediction among them; at most all. Default 10; all for "paper". */
  readonly classes?: number;
  /** Most steps an image may take. Default 50. */
  readonly steps?: number;
  /** How far past the linearised boundary to go, as a share of r. Default 0.02. */
  readonly overshoot?: number;
  /** `[low, high]` to clip iterates to. Default: `engine.range` for "foolbox", no clipping for the others. */
  readonly bounds?: readonly [number, number];
  /** Return the class taken at each step. Default false. */
  readonly trace?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of finished images. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface DeepfoolResult {
  /** image + perturbation, `[N][H][W][C]`: the very point that `newLabels` was predicted at. */
  readonly adversarial: Float32Array;
  /** `[N][H][W][C]`, the overshoot included. */
  readonly perturbation: Float32Array;
  /** Predictions on the images and on the adversarials, `[N]`. */
  readonly labels: Int32Array;
  readonly newLabels: Int32Array;
  /** Steps taken, `[N]`. */
  readonly iterations: Int32Array;
  /** 1 where the prediction changed, else 0, `[N]`. */
  readonly succeeded: Uint8Array;
  /** With `trace`: for each image the class taken at each step. */
  readonly chosen?: readonly Int32Array[];
}

/**
 * DeepFool (arXiv:1511.04599): a small perturbation that changes the prediction, for each image.
 *
 * With logits f, prediction k0 = argmax f(x0) (the first of equals) and candidates k, the `classes` largest logits at
 * x0, fixed for the whole run:
 *
 *     r = 0, i = 0, x = x0
 *     while argmax f(x) = k0 and i < steps:
 *       w_k = grad f_k(x) - grad f_k0(x),  d_k = f_k(x) - f_k0(x)
 *       l   = argmin_k |d_k| / ||w_k||_q                              1/p + 1/q = 1
 *       r  += |d_l| / ||w_l||_2^2 w_l            p = 2
 *       r  += |d_l| / ||w_l||_1 sign(w_l)        p = infinity
 *       i  += 1
 *       x   = x0 + (1 + overshoot) r             "paper": x0 + r
 *     return (1 + overshoot) r                   "paper": its prediction is made at x0 + (1 + overshoot) r
 *
 * | profile | follows | differs in |
 * |---|---|---|
 * | `lts4` | LTS4/universal, Python | nothing |
 * | `lts4-torch` | LTS4/DeepFool, PyTorch | 1e-4 added to the distance stepped; r rounded to float32 each step |
 * | `foolbox` | foolbox 3.3 | 1e-4 on the distance, 1e-8 on the norms; x clipped to bounds; r returned is x - x0 |
 * | `paper` | Algorithm 2 | overshoot only at the end; all classes |
 *
 * r, norms and distances are float64 computed from float32 logits and gradients; (1 + overshoot) r is rounded to
 * float32, then x0 + that, which is `adversarial`. With `bounds`, x is clipped (r goes on unclipped, as in
 * foolbox) and `perturbation` is x - x0 where that clipping binds.
 *
 * An image whose difference gradients all vanish, or where a gradient is not finite or a logit infinite, ends there: r keeps
 * the steps that were sound. A logit that is NaN, at an image or where its steps lead, is an error. Where logits tie without a change of prediction the step is made just long enough to
 * leave the tie (the published code stays there for ever). Results hold no NaN, and an image's result does not
 * depend on the other images.
 *
 * @param engine from `compile`, or any object that satisfies `Engine`
 * @param given the images, `[N][H][W][C]`, in the units of `engine.range`
 * @throws InvalidArgumentError for wrong shapes, values that are not finite or out of bounds, or wrong options
 * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
 * @throws the signal's reason when aborted
 *
 * @example
 * const { perturbation, newLabels } = await deepfool(net, images, { norm: Infinity });
 */
export async function deepfool(
  engine: Engine,
  given: Pixels,
  options?: DeepfoolOptions,
): Promise<DeepfoolResult> {
  const caller = "deepfool";
  const request = resolveRequest(caller, engine, options);
  const pixels = pixelsOf(caller, given, engine.range);
  countImages(caller, pixels, engine.inputShape);
  const images = request.bounds ? within(caller, pixels, request.bounds, "bounds") : pixels;
  request.signal?.throwIfAborted();
  const run = await runDeepfool(engine, images, request);
  return { ...run, succeeded: Uint8Array.from(run.labels, (label, n) => Number(run.newLabels[n] !== label)) };
}

/** The engine's own loop where it has one, else the portable one. Arguments are taken to be valid. */
export async function runDeepfool(
  engine: Engine,
  images: Float32Array,
  request: DeepfoolRequest,
): Promise<DeepfoolRun & { readonly adversarial: Float32Array }> {
  if (engine.deepfool === undefined) {
    const [given, settings] = [own(images), ownIn(request, "labels") as DeepfoolRequest];
    const { deepfoolLoop } = await import("./deepfool_loop.js");
    return deepfoolLoop(engine, given, settings);
  }
  const run = await engine.deepfool(images, request);
  return { ...run, adversarial: addWithin(images, run.perturbation, request.bounds) };
}

function resolveRequest(
  caller: string,
  engine: Engine,
  options: DeepfoolOptions | undefined,
): DeepfoolRequest {
  const given = optionsObject(caller, options, [
    "norm",
    "profile",
    "classes",
    "steps",
    "overshoot",
    "bounds",
    "trace",
    "signal",
    "onProgress",
  ]);
  checkEngine(caller, engine);
  checkSignal(caller, given.signal);
  checkCallback(caller, "onProgress", given.onProgress);
  const profile = checkProfile(caller, given.profile ?? "lts4");
  const { clipsByDefault, candidates } = PROFILES[profile];
  const bounds = given.bounds ?? (clipsByDefault ? engine.range : undefined);
  return {
    norm: oneOf(caller, "norm", given.norm ?? 2, [2, Infinity] as const),
    profile,
    classes: checkCandidates(
      caller,
      engine,
      given.classes ?? (candidates === "all" ? engine.classes : candidates),
    ),
    steps: integer(caller, "steps", given.steps ?? 50, 1),
    overshoot: nonNegative(caller, "overshoot", given.overshoot ?? 0.02),
    bounds: bounds && toFloat32(interval(caller, "bounds", bounds)),
    trace: flag(caller, "trace", given.trace ?? false),
    signal: given.signal,
    onProgress: given.onProgress,
  };
}

/** Iterates are float32, so a bound such as 0.1 is one too. */
function toFloat32([low, high]: readonly [number, number]): readonly [number, number] {
  return [Math.fround(low), Math.fround(high)];
}

export function checkProfile(caller: string, profile: unknown): DeepfoolProfile {
  return oneOf(caller, "profile", profile, PROFILE_NAMES);
}

/** A count of candidates: two at least, clamped to the number of classes. */
export function checkCandidates(caller: string, engine: Engine, classes: unknown): number {
  return Math.min(integer(caller, "classes", classes, 2), engine.classes);
}

function addWithin(
  images: Float32Array,
  perturbation: Float32Array,
  bounds: readonly [number, number] | undefined,
): Float32Array {
  const [low, high] = bounds ?? [-Infinity, Infinity];
  return images.map((pixel, i) => Math.min(Math.max(Math.fround(pixel + perturbation[i]), low), high));
}
