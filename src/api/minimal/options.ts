/** How `minimalPerturbation` searches. */
export type MinimalMethod = "sdf" | "fmn" | "deepfool";

/** Spellings of "sdf". */
export type SdfVariant = "descent" | "paper";

export interface MinimalOptions {
  /** Default "sdf". */
  readonly method?: MinimalMethod;
  /** The norm that the perturbation is small in. Default 2. */
  readonly norm?: 2 | typeof Infinity;
  /** The class that each image shall be taken for, `[N]`. Default: any but its prediction. */
  readonly targets?: ArrayLike<number>;
  /** `[low, high]` that pixels of perturbed images stay within. Default `engine.range`; [-Infinity, Infinity]: anywhere. */
  readonly bounds?: readonly [number, number];
  /** Return points that still fool with every pixel on one of so many levels of `engine.range`, 256 for 8 bits. Default: none. */
  readonly levels?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of finished images. */
  readonly onProgress?: (done: number, total: number) => void;

  /** Most steps: of "deepfool" 50, of each DeepFool run of "sdf" 100; the steps of "fmn", default 100. */
  readonly steps?: number;

  // "sdf" and "deepfool"
  /** Candidate classes of DeepFool. Default 10. */
  readonly classes?: number;
  /** DeepFool's overshoot. Default 0.02. */
  readonly overshoot?: number;

  // "sdf"
  /** Default "descent". */
  readonly variant?: SdfVariant;
  /** "paper": most rounds. Default 4. */
  readonly rounds?: number;
  /** "descent": other classes whose boundary is tried, besides DeepFool's; none with `targets`. Default 2. */
  readonly starts?: number;
}

export interface MinimalResult {
  /** The perturbed images, `[N][H][W][C]`: the very points that `newLabels` were predicted at. */
  readonly adversarial: Float32Array;
  /** Those minus the images, `[N][H][W][C]`; 0 where nothing was found that fools. */
  readonly perturbation: Float32Array;
  /** ||r||_p, `[N]`; Infinity where nothing was found that fools. */
  readonly norms: Float64Array;
  /** Predictions on the images and on the adversarials, `[N]`. */
  readonly labels: Int32Array;
  readonly newLabels: Int32Array;
  /** 1 where the prediction changed or, with `targets`, is the target, else 0, `[N]`. */
  readonly succeeded: Uint8Array;
  /** Steps that took gradients, `[N]`. */
  readonly iterations: Int32Array;
  /** Gradients of one scalar that were taken, `[N]`: `classes` in a DeepFool step, one in any other. */
  readonly gradients: Int32Array;
  /**
   * <r, w> / (||r||_p ||w||_q), `[N]`, w the gradient of the logits' difference that is 0 at the boundary, at the adversarial; for p = 2
   * the cosine of r and the boundary's normal, 1 at a nearest point of a smooth boundary. 0 where there is no r or no w.
   */
  readonly alignment: Float64Array;
  /** How many images were not fooled because their gradient vanished (saturated outputs), or was not finite. */
  readonly stalled: number;
  /**
   * With `levels`: 1 where `adversarial` is on the levels. 0 where no point on them that was tried fools: then it fools as it
   * is, off the levels, or `succeeded` is 0.
   */
  readonly rounded?: Uint8Array;
  readonly method: MinimalMethod;
  /** Of "sdf". */
  readonly variant?: SdfVariant;
  readonly norm: 2 | typeof Infinity;
}
