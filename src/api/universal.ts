import { countImages } from "../engines/arguments.js";
import { createCheckpoint } from "../engines/checkpoint.js";
import type { DeepfoolProfile, DeepfoolRequest, Engine } from "../engines/engine.js";
import { project } from "../kernels/projection/reference.js";
import { sizeOf } from "../network/spec.js";
import { checkCandidates, checkProfile, runDeepfool } from "./deepfool.js";
import { checkPerturbation, shareOfChanged } from "./evaluate.js";
import { checkEngine, flag, integer, nonNegative, oneOf, optionsObject, positive, share } from "./options.js";
import { defaultBatch, predict, predictBatch, type Shift, shiftImage } from "./predict.js";
import { type RandomSource, randomOrder, randomSource } from "./random.js";
import {
  type PartialUniversalResult,
  UniversalAbortedError,
  type UniversalPass,
  type UniversalResult,
} from "./universal_result.js";

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

export interface UniversalProgress {
  readonly pass: number;
  readonly passes: number;
  /** Images dealt with in this pass, of `images`. */
  readonly image: number;
  readonly images: number;
  /** Updates of v in this pass. */
  readonly updates: number;
  /** The latest rate measured; undefined before the first pass ends. */
  readonly foolingRate?: number;
  /** The current v itself, to be read at once or copied: it changes after the call. */
  readonly perturbation: Float32Array;
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
  const crafting = new Crafting(engine, images, settings);
  try {
    await crafting.run();
  } catch (error) {
    if (settings.signal?.aborted) throw new UniversalAbortedError(crafting.result(), settings.signal.reason);
    throw error;
  }
  const result = crafting.result();
  return { ...result, foolingRate: result.foolingRate ?? 0 };
}

interface Settings {
  readonly norm: 2 | typeof Infinity;
  readonly radius: number;
  readonly delta: number;
  readonly passes: number;
  readonly seed: number;
  readonly initial?: Float32Array;
  readonly clip: boolean;
  readonly lookAhead: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UniversalProgress) => void;
  readonly deepfool: DeepfoolRequest;
}

function resolveSettings(
  engine: Engine,
  images: Float32Array,
  options: UniversalOptions | undefined,
): Settings {
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
  const norm = oneOf(caller, "norm", given.norm ?? Infinity, [2, Infinity] as const);
  const settings: Settings = {
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

/** The state of one crafting run. */
class Crafting {
  private readonly size: number;
  private readonly count: number;
  private readonly v: Float32Array;
  private readonly shift: Shift;
  private readonly random: RandomSource;
  private readonly checkpoint: () => Promise<void>;
  private readonly history: UniversalPass[] = [];
  private clean: Int32Array = new Int32Array();
  private best: { readonly perturbation: Float32Array; readonly foolingRate: number } | undefined;
  /** How many images to judge ahead: as many as lately passed between two updates. */
  private ahead = 1;

  constructor(
    private readonly engine: Engine,
    private readonly images: Float32Array,
    private readonly settings: Settings,
  ) {
    this.size = sizeOf(engine.inputShape);
    this.count = images.length / this.size;
    this.v = settings.initial?.slice() ?? new Float32Array(this.size);
    project(this.v, settings.radius, settings.norm);
    this.shift = { perturbation: this.v, bounds: settings.clip ? engine.range : undefined };
    this.random = randomSource(settings.seed);
    this.checkpoint = createCheckpoint(settings.signal);
  }

  async run(): Promise<void> {
    const { signal, delta, passes } = this.settings;
    this.clean = await predict(this.engine, this.images, { signal });
    let foolingRate = this.settings.initial ? await this.measure() : 0;
    for (let pass = 1; pass <= passes && foolingRate < 1 - delta; pass++) {
      const begin = performance.now();
      const work = await this.onePass(pass);
      foolingRate = await this.measure();
      this.history.push({ pass, foolingRate, ...work, seconds: (performance.now() - begin) / 1000 });
      this.report(pass, this.count, work.updates);
    }
  }

  result(): PartialUniversalResult {
    const { norm, radius, clip } = this.settings;
    const last = this.v.slice();
    const { perturbation, foolingRate } = this.best ?? { perturbation: last.slice(), foolingRate: undefined };
    return { perturbation, last, foolingRate, history: [...this.history], radius, norm, clip };
  }

  /** Fooling rate of the current v, which becomes the best if no earlier one reached as much. */
  private async measure(): Promise<number> {
    const { shift, settings } = this;
    const newLabels = await predict(this.engine, this.images, { shift, signal: settings.signal });
    const foolingRate = shareOfChanged(this.clean, newLabels);
    if (foolingRate > (this.best?.foolingRate ?? -1))
      this.best = { perturbation: this.v.slice(), foolingRate };
    return foolingRate;
  }

  private async onePass(pass: number): Promise<Pick<UniversalPass, "updates" | "deepfools" | "iterations">> {
    const order = randomOrder(this.count, this.random);
    const work = { updates: 0, deepfools: 0, iterations: 0 };
    let done = 0;
    while (done < this.count) {
      await this.checkpoint();
      const upcoming = order.subarray(done, done + this.ahead);
      const shifted = this.shifted(upcoming);
      const labels = await predictBatch(this.engine, shifted, upcoming.length);
      let judged = 0;
      let updated = false;
      while (judged < upcoming.length && !updated) {
        const n = judged++;
        if (labels[n] !== this.clean[upcoming[n]]) continue;
        await this.checkpoint();
        const iterations = await this.improve(shifted.subarray(n * this.size, (n + 1) * this.size));
        work.deepfools++;
        work.iterations += iterations.taken;
        updated = iterations.updated;
        if (updated) work.updates++;
        this.report(pass, done + judged, work.updates);
      }
      // What was judged beyond an update saw an outdated v and is judged again.
      done += judged;
      this.ahead = updated ? judged : Math.min(2 * this.ahead, this.settings.lookAhead);
      if (!updated) this.report(pass, done, work.updates);
    }
    return work;
  }

  /** DeepFool at one image + v; v takes the step if it converged in time. */
  private async improve(point: Float32Array): Promise<{ taken: number; updated: boolean }> {
    const { deepfool, radius, norm } = this.settings;
    const run = await runDeepfool(this.engine, point, deepfool);
    const taken = run.iterations[0];
    const updated = run.newLabels[0] !== run.labels[0] && taken > 0 && taken < deepfool.steps - 1;
    if (updated) {
      for (let i = 0; i < this.size; i++) this.v[i] += run.perturbation[i];
      project(this.v, radius, norm);
    }
    return { taken, updated };
  }

  /** Images + v as the network sees them, in the order of `indices`. */
  private shifted(indices: Int32Array): Float32Array {
    const { size } = this;
    const out = new Float32Array(indices.length * size);
    indices.forEach((index, n) => {
      const image = this.images.subarray(index * size, (index + 1) * size);
      shiftImage(image, this.shift, out.subarray(n * size, (n + 1) * size));
    });
    return out;
  }

  private report(pass: number, image: number, updates: number): void {
    this.settings.onProgress?.({
      pass,
      passes: this.settings.passes,
      image,
      images: this.count,
      updates,
      foolingRate: this.history.at(-1)?.foolingRate,
      perturbation: this.v,
    });
  }
}
