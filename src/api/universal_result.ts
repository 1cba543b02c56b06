import { UnifoolError } from "../errors.js";
import type { UniversalMethod } from "./universal/method.js";

/** What one pass over the images did. */
export interface UniversalPass {
  /** 1 for the first. */
  readonly pass: number;
  /** Share of the crafting images fooled by v at the end of the pass. */
  readonly foolingRate: number;
  /** How often v changed. */
  readonly updates: number;
  /** One-cotangent passes, forward and backward; undefined for "deepfool". */
  readonly gradients?: number;
  /** DeepFool runs, one for each image that v did not fool, and their steps together. */
  readonly deepfools: number;
  readonly iterations: number;
  /** Wall time, the fooling rate's measurement included. */
  readonly seconds: number;
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
  /**
   * Of the images that this pass came to so far, the share that v fooled when their turn came: what the rate is about now, a little
   * behind since v grows. Undefined where none of them counts, as without data.
   */
  readonly runningRate?: number;
  /** The current v itself, to be read at once or copied: it changes after the call. */
  readonly perturbation: Float32Array;
}

export interface UniversalResult {
  /** The v with the highest fooling rate measured, `[H][W][C]`, in the units of the images. */
  readonly perturbation: Float32Array;
  /** The v at the end, `[H][W][C]`. */
  readonly last: Float32Array;
  /** Share of the crafting images that `perturbation` fools. */
  readonly foolingRate: number;
  readonly history: readonly UniversalPass[];
  /** The resolved radius, in the units of the images, and its norm. */
  readonly radius: number;
  readonly norm: 2 | typeof Infinity;
  /** Whether image + v was clipped to the engine's range. */
  readonly clip: boolean;
  readonly method: UniversalMethod;
  readonly seed: number;
  /** The class that images were to be taken for; the rates are then of those images that are not without v. */
  readonly target?: number;
  /** One line each for what seems odd: clean images that are all one class, a radius beyond the range, no updates. */
  readonly warnings: readonly string[];
}

/** What there was when the work was cut short. `perturbation` is the best measured, or `last` if none was. */
export type PartialUniversalResult = Omit<UniversalResult, "foolingRate"> & {
  /** Undefined if no pass had been finished and nothing was measured. */
  readonly foolingRate?: number;
};

/**
 * `universalPerturbation` was aborted. `name` is "AbortError" and `cause` the signal's reason, as with any other
 * abort; `result` is the work done so far.
 */
export class UniversalAbortedError extends UnifoolError {
  static override readonly name = "UniversalAbortedError";
  override readonly name = "AbortError";
  constructor(
    readonly result: PartialUniversalResult,
    reason: unknown,
  ) {
    super(`universalPerturbation: aborted after ${result.history.length} finished passes`, { cause: reason });
  }
}
