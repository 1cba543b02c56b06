export interface FoolingRateOptions {
  /** Clip image + perturbation to `engine.range`. Default false, as in the reference algorithm. */
  readonly clip?: boolean;
  /** Count images that are taken for this class, among those that are not without the perturbation. */
  readonly target?: number;
  /**
   * Also count with image + perturbation clipped and rounded to so many grey levels, as in a picture file. 256: 8 bits.
   * At least 2.
   */
  readonly levels?: number;
  /** Also count with a perturbation of random signs, as large in this norm. */
  readonly baseline?: { readonly norm?: 2 | typeof Infinity; readonly seed?: number };
  /** Predictions on the clean images, `[N]`, if they are known already. Never dataset labels. */
  readonly labels?: Int32Array;
  /** Images an engine call. Default 64, fewer if they are large. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A share of images, and what it says of all images like these. */
export interface Rate {
  /** Share of the images whose prediction changes (with `target`: to it), 0 to 1. */
  readonly rate: number;
  /** Wilson's 95 % interval, for images that v was not made from. */
  readonly interval: readonly [low: number, high: number];
}

export interface FoolingRate extends Rate {
  /** Images that count: all, or with `target` those that are not taken for it as they are. */
  readonly counted: number;
  /** Predictions on the clean images, `[N]`. */
  readonly labels: Int32Array;
  /** Predictions on the perturbed images, `[N]`. */
  readonly newLabels: Int32Array;
  /** With `levels`: the same after rounding. */
  readonly rounded?: Rate;
  /** With `baseline`: the same of random signs. */
  readonly baseline?: Rate;
}
