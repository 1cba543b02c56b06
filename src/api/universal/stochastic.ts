import { createCheckpoint } from "../../engines/checkpoint.js";
import type { Engine } from "../../engines/engine.js";
import { InvalidArgumentError } from "../../errors.js";
import { type BallNorm, project } from "../../kernels/projection/reference.js";
import { sizeOf } from "../../network/spec.js";
import { type RandomSource, randomOrder, randomSource } from "../random.js";
import {
  type PartialUniversalResult,
  UniversalAbortedError,
  type UniversalPass,
  type UniversalProgress,
  type UniversalResult,
} from "../universal_result.js";
import { Ascent } from "./ascent.js";
import { CraftingImages } from "./crafting_images.js";
import type { UniversalMethod } from "./method.js";
import type { Rule, RuleMaker } from "./rule.js";
import { SyntheticImages } from "./synthetic_images.js";
import type { Tiling } from "./tiling.js";
import { craftingWarnings } from "./warnings.js";

/** The options of a method with steps, with every default resolved. */
export interface StochasticSettings {
  readonly method: Exclude<UniversalMethod, "deepfool">;
  readonly norm: BallNorm;
  readonly radius: number;
  /** None: all passes are made. */
  readonly delta: number | undefined;
  readonly passes: number;
  readonly seed: number;
  readonly initial?: Float32Array;
  readonly clip: boolean;
  readonly target?: number;
  readonly dataFree: boolean;
  readonly tile: number;
  readonly tiling: Tiling;
  /** One after the other; the first has all the starts. Their passes are `passes` together. */
  readonly stages: readonly Stage[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UniversalProgress) => void;
}

/** Passes that are planned as one: a rule whose steps end with them. */
export interface Stage {
  readonly passes: number;
  /** Of the first pass, each with a v of its own, of which the best goes on. */
  readonly starts: number;
  /** Images a step. */
  readonly batch: number;
  readonly rule: RuleMaker;
}

/** What `universalPerturbation` does by steps of a rule, once its arguments are checked. */
export async function craftByRule(
  engine: Engine,
  images: Float32Array,
  settings: StochasticSettings,
): Promise<UniversalResult> {
  const crafting = new StochasticCrafting(engine, images, settings);
  try {
    await crafting.run();
    const result = crafting.result();
    return { ...result, foolingRate: result.foolingRate ?? 0 };
  } catch (error) {
    if (!settings.signal?.aborted) throw error;
    throw new UniversalAbortedError(crafting.result(), settings.signal.reason);
  }
}

/** v and what a rule remembers. */
interface State {
  readonly ascent: Ascent;
  readonly rule: Rule;
}

class StochasticCrafting {
  /** Those that rates are of, and those that v is made of. */
  private readonly images: CraftingImages;
  private readonly source: CraftingImages;
  private readonly random: RandomSource;
  private readonly checkpoint: () => Promise<void>;
  private readonly history: UniversalPass[] = [];
  private state: State;
  private best: { readonly perturbation: Float32Array; readonly foolingRate: number } | undefined;

  constructor(
    private readonly engine: Engine,
    images: Float32Array,
    private readonly settings: StochasticSettings,
  ) {
    const { clip, target, signal, seed, dataFree } = settings;
    const bounds = clip ? engine.range : undefined;
    this.images = new CraftingImages(engine, images, bounds, target, signal);
    this.random = randomSource(seed);
    this.source = dataFree ? new SyntheticImages(engine, bounds, this.random, signal) : this.images;
    this.checkpoint = createCheckpoint(signal);
    this.state = this.start(settings.stages[0]);
  }

  async run(): Promise<void> {
    const { signal, delta, initial, target, stages } = this.settings;
    signal?.throwIfAborted();
    await this.images.judge();
    if (this.images.others === 0)
      throw new InvalidArgumentError(
        `universalPerturbation: target is ${target}, the prediction at every image, expected another class`,
      );
    let foolingRate = initial ? await this.measure() : 0;
    let pass = 0;
    for (const stage of stages) {
      // What an earlier one remembers is of steps that were longer.
      if (pass > 0) this.state = { ascent: this.state.ascent, rule: stage.rule(this.source, this.random) };
      for (let done = 0; done < stage.passes; done++) {
        if (delta !== undefined && foolingRate >= 1 - delta) return;
        const begin = performance.now();
        const work: Work = { updates: 0, gradients: 0 };
        foolingRate = await this.pass({ pass: ++pass, stage, done }, work);
        const seconds = (performance.now() - begin) / 1000;
        const { updates, gradients } = work;
        this.history.push({ pass, foolingRate, updates, gradients, deepfools: 0, iterations: 0, seconds });
        this.report(pass, this.images.count, work);
      }
    }
  }

  result(): PartialUniversalResult {
    const { norm, radius, clip, method, seed, target } = this.settings;
    const last = this.state.ascent.v.slice();
    const { perturbation, foolingRate } = this.best ?? { perturbation: last.slice(), foolingRate: undefined };
    const history = [...this.history];
    const warnings = craftingWarnings(this.engine, this.settings, this.images.labels, history);
    return {
      ...{ perturbation, last, foolingRate, history, radius, norm, clip, method, seed, warnings },
      ...(target !== undefined && { target }),
    };
  }

  /** v as it is given, and nothing remembered. At v = 0 the cosine is at its largest and has no gradient: signs instead. */
  private start({ rule }: Stage): State {
    const { initial, radius, norm, tiling, tile, dataFree } = this.settings;
    const v = new Float32Array(sizeOf(this.engine.inputShape));
    if (dataFree && !initial) {
      const size = (0.1 * radius) / (norm === 2 ? Math.sqrt(v.length) : 1);
      const signs = Float64Array.from(v, () => (this.random() >= 2 ** 31 ? 1 : -1));
      v.set(tiling.sum(signs).map((sum) => size * Math.sign(sum)));
    }
    if (initial) v.set(tiling.sum(Float64Array.from(initial)).map((sum) => sum / tile ** 2));
    project(v, radius, norm);
    return { ascent: new Ascent(v, radius, norm, tiling), rule: rule(this.source, this.random) };
  }

  /** One pass, of the first from each of so many starts, of which the best goes on; its rate. */
  private async pass(at: At, work: Work): Promise<number> {
    const { stage, done } = at;
    let kept = this.state;
    let highest = -1;
    for (let s = 0; s < (done === 0 ? stage.starts : 1); s++) {
      if (s > 0) this.state = this.start(stage);
      await this.onePass(at, s, work);
      const rate = await this.measure();
      if (rate > highest) {
        highest = rate;
        kept = this.state;
      }
    }
    this.state = kept;
    return highest;
  }

  private async onePass({ pass, stage, done }: At, start: number, work: Work): Promise<void> {
    const { batch } = stage;
    const starts = done === 0 ? stage.starts : 1;
    const { count } = this.source;
    await this.source.prepare((pass - 1) / Math.max(1, this.settings.passes - 1));
    const order = randomOrder(count, this.random);
    const { ascent, rule } = this.state;
    const tally = { counted: 0, fooled: 0 };
    for (let from = 0; from < count; from += batch) {
      await this.checkpoint();
      const indices = order.subarray(from, Math.min(from + batch, count));
      // Steps of equal batches are a line in t / T; the last one of a pass may be short.
      const step = await rule.step(ascent, indices, (done + from / count) / stage.passes);
      work.gradients += step.gradients;
      work.updates += Number(step.updated);
      tally.counted += step.tally.counted;
      tally.fooled += step.tally.fooled;
      work.runningRate = tally.counted > 0 ? tally.fooled / tally.counted : undefined;
      const share = (start * count + from + indices.length) / (starts * count);
      const image = Math.floor(share * this.images.count);
      if (image < this.images.count) this.report(pass, image, work);
    }
  }

  /** Rate of the current v, which becomes the best if no earlier one reached more; without data, whatever it reaches. */
  private async measure(): Promise<number> {
    const { v } = this.state.ascent;
    const foolingRate = await this.images.foolingRate(v);
    if (this.settings.dataFree || foolingRate >= (this.best?.foolingRate ?? -1))
      this.best = { perturbation: v.slice(), foolingRate };
    return foolingRate;
  }

  private report(pass: number, image: number, { updates, runningRate }: Work): void {
    this.settings.onProgress?.({
      pass,
      passes: this.settings.passes,
      image,
      images: this.images.count,
      updates,
      foolingRate: this.history.at(-1)?.foolingRate,
      runningRate,
      perturbation: this.state.ascent.v,
    });
  }
}

/** The pass, from 1, the stage it is of, and how many of that are done. */
interface At {
  readonly pass: number;
  readonly stage: Stage;
  readonly done: number;
}

interface Work {
  updates: number;
  gradients: number;
  /** Of the start that is under way; see `UniversalProgress`. */
  runningRate?: number;
}
