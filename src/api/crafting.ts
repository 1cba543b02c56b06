import { createCheckpoint } from "../engines/checkpoint.js";
import type { CraftingRequest, CraftingState, Engine } from "../engines/engine.js";
import { project } from "../kernels/projection/reference.js";
import { sizeOf } from "../network/spec.js";
import { fooledShare } from "./evaluating/fooled_share.js";
import { portableCraftingState } from "./portable_crafting.js";
import { defaultBatch } from "./predict.js";
import { type RandomSource, randomOrder, randomSource } from "./random.js";
import { craftingWarnings } from "./universal/warnings.js";
import {
  type PartialUniversalResult,
  UniversalAbortedError,
  type UniversalPass,
  type UniversalProgress,
  type UniversalResult,
} from "./universal_result.js";

/** The options of `universalPerturbation` with every default resolved. */
export interface CraftingSettings extends Omit<CraftingRequest, "initial" | "bounds"> {
  readonly method: "deepfool";
  readonly delta: number;
  readonly passes: number;
  readonly seed: number;
  readonly initial?: Float32Array;
  readonly clip: boolean;
  readonly lookAhead: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UniversalProgress) => void;
}

/** What `universalPerturbation` does once its arguments are checked. */
export async function craft(
  engine: Engine,
  images: Float32Array,
  settings: CraftingSettings,
): Promise<UniversalResult> {
  const crafting = new Crafting(engine, images, settings);
  try {
    await crafting.run();
    const result = crafting.result();
    return { ...result, foolingRate: result.foolingRate ?? 0 };
  } catch (error) {
    if (!settings.signal?.aborted) throw error;
    await crafting.salvage();
    throw new UniversalAbortedError(crafting.result(), settings.signal.reason);
  } finally {
    crafting.dispose();
  }
}

/** One crafting run. */
class Crafting {
  private readonly count: number;
  /** v as it was when it was last read. */
  private readonly v: Float32Array;
  /** v has changed since. */
  private stale = false;
  private state: CraftingState | undefined;
  private readonly random: RandomSource;
  private readonly checkpoint: () => Promise<void>;
  private readonly history: UniversalPass[] = [];
  private clean: Int32Array = new Int32Array();
  private best: { readonly perturbation: Float32Array; readonly foolingRate: number } | undefined;
  /**
   * How many images to judge ahead: where they take the time of one, as many as lately passed between two updates;
   * elsewhere a quarter of those that have passed since the latest, so that few forward passes are thrown away.
   */
  private ahead = 1;
  private passed = 0;

  constructor(
    private readonly engine: Engine,
    private readonly images: Float32Array,
    private readonly settings: CraftingSettings,
  ) {
    const size = sizeOf(engine.inputShape);
    this.count = images.length / size;
    this.v = settings.initial?.slice() ?? new Float32Array(size);
    project(this.v, settings.radius, settings.norm);
    this.random = randomSource(settings.seed);
    this.checkpoint = createCheckpoint(settings.signal);
  }

  async run(): Promise<void> {
    const { signal, delta, passes } = this.settings;
    signal?.throwIfAborted();
    const state = await this.open();
    this.clean = await this.predictAll(state, false);
    let foolingRate = this.settings.initial ? await this.measure(state) : 0;
    for (let pass = 1; pass <= passes && foolingRate < 1 - delta; pass++) {
      const begin = performance.now();
      const { runningRate, ...work } = await this.onePass(state, pass);
      foolingRate = await this.measure(state);
      this.history.push({ pass, foolingRate, ...work, seconds: (performance.now() - begin) / 1000 });
      this.report(pass, this.count, work.updates, runningRate);
    }
  }

  private async open(): Promise<CraftingState> {
    const { engine, images, settings } = this;
    const { norm, radius, clip, deepfool } = settings;
    const bounds = clip ? engine.range : undefined;
    const request: CraftingRequest = { norm, radius, bounds, initial: this.v, deepfool };
    this.state = engine.craftingState
      ? await engine.craftingState(images, request)
      : portableCraftingState(engine, images, request);
    return this.state;
  }

  result(): PartialUniversalResult {
    const { norm, radius, clip, method, seed } = this.settings;
    const last = this.v.slice();
    const { perturbation, foolingRate } = this.best ?? { perturbation: last.slice(), foolingRate: undefined };
    const history = [...this.history];
    const warnings = craftingWarnings(this.engine, this.settings, this.clean, history);
    return { perturbation, last, foolingRate, history, radius, norm, clip, method, seed, warnings };
  }

  /** The latest v for `result`; where it is lost with its device or a disposed engine, the v that was last read stays. */
  async salvage(): Promise<void> {
    if (this.stale) await this.state?.read(this.v).catch(() => {});
  }

  dispose(): void {
    this.state?.dispose();
  }

  /** Fooling rate of the current v, which becomes the best if no earlier one reached as much. */
  private async measure(state: CraftingState): Promise<number> {
    if (this.stale) await state.read(this.v);
    this.stale = false;
    const foolingRate = fooledShare(this.clean, await this.predictAll(state, true));
    if (foolingRate > (this.best?.foolingRate ?? -1))
      this.best = { perturbation: this.v.slice(), foolingRate };
    return foolingRate;
  }

  /** Predictions of all images, without or with v. */
  private async predictAll(state: CraftingState, shifted: boolean): Promise<Int32Array> {
    const labels = new Int32Array(this.count);
    const batch = defaultBatch(this.engine);
    for (let start = 0; start < this.count; start += batch) {
      await this.checkpoint();
      const length = Math.min(batch, this.count - start);
      const indices = Int32Array.from({ length }, (_, n) => start + n);
      labels.set(await state.predict(indices, shifted), start);
    }
    this.settings.signal?.throwIfAborted();
    return labels;
  }

  private async onePass(
    state: CraftingState,
    pass: number,
  ): Promise<Pick<UniversalPass, "updates" | "deepfools" | "iterations"> & { readonly runningRate: number }> {
    const order = randomOrder(this.count, this.random);
    const work = { updates: 0, deepfools: 0, iterations: 0 };
    // Listeners are handed v with every report; nobody else sees it before the pass ends.
    const out = this.settings.onProgress && this.v;
    let [done, fooled] = [0, 0];
    const report = (image: number) =>
      this.report(pass, image, work.updates, image > 0 ? fooled / image : undefined);
    while (done < this.count) {
      await this.checkpoint();
      const upcoming = order.subarray(done, done + this.ahead);
      // DeepFool begins with the forward pass that judges an image, so one image alone goes there at once.
      const labels = upcoming.length > 1 ? await state.predict(upcoming, true) : undefined;
      let judged = 0;
      let updated = false;
      while (judged < upcoming.length && !updated) {
        const n = judged++;
        const label = this.clean[upcoming[n]];
        if (labels && labels[n] !== label) {
          fooled++;
          continue;
        }
        await this.checkpoint();
        const step = await state.improve(upcoming[n], label, out);
        if (step.fooled) {
          fooled++;
          continue;
        }
        work.deepfools++;
        work.iterations += step.taken;
        updated = step.updated;
        if (updated) work.updates++;
        if (updated && !out) this.stale = true;
        report(done + judged);
      }
      // What was judged beyond an update saw an outdated v and is judged again.
      done += judged;
      this.passed = updated ? 0 : this.passed + judged;
      const window = !state.parallel ? this.passed >> 2 : updated ? judged : 2 * this.ahead;
      this.ahead = Math.max(1, Math.min(window, this.settings.lookAhead));
      if (!updated) report(done);
    }
    return { ...work, runningRate: fooled / this.count };
  }

  private report(pass: number, image: number, updates: number, runningRate: number | undefined): void {
    this.settings.onProgress?.({
      pass,
      passes: this.settings.passes,
      image,
      images: this.count,
      updates,
      foolingRate: this.history.at(-1)?.foolingRate,
      runningRate,
      perturbation: this.v,
    });
  }
}
