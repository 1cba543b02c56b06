import type { Shape } from "../network/spec.js";
import "./disposable.js";
import type { Gradient, GradientOptions } from "./gradient.js";
import type { Pixels } from "./pixels.js";

/**
 * What a classifier must offer for the attacks: logits and input Jacobians of batches, in pixel space.
 * Everything in `unifool` that takes a network takes any object of this shape, so engines can be swapped in
 * either direction.
 *
 * Images are flat `Float32Array`s, `[N][H][W][C]`, N inferred from the length, values in the declared range; engines of the
 * package also take bytes, `Uint8Array` or `Uint8ClampedArray`, where that is [0, 255]. The points of `logits`, `jacobian`
 * and `gradient` may lie outside it, as image + v may; the attacks and `foolingRate` refuse images that do.
 * An image's result depends on that image alone: not on its batch-mates, their number, or earlier calls.
 */
export interface Engine {
  /** "wasm", "reference", "tfjs", "webgpu", or a name of your own. */
  readonly backend: string;
  /** Per-image shape `[H, W, C]` (or `[D]` for a network on vectors). */
  readonly inputShape: Shape;
  /** Number of classes C. */
  readonly classes: number;
  /** Class names, if known. */
  readonly classNames?: readonly string[];
  /** `[low, high]` of valid pixel values; radii are in the same units. */
  readonly range: readonly [number, number];

  /**
   * Logits `[N][C]` and predictions `[N]` (argmax, ties to the lower index).
   *
   * @throws InvalidArgumentError for images of another shape or with values that are not finite, or wrong options
   * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
   * @throws the signal's reason when aborted, on the calling thread within about the time of one image
   * @example
   * const { logits, labels } = await net.logits(images, { signal: AbortSignal.timeout(5000) });
   */
  logits(images: Float32Array, options?: LogitsOptions): Promise<Logits>;

  /**
   * Gradients of K logits with respect to each image, `[N][K][H][W][C]`. `classes` is a count (the K largest
   * logits, largest first, ties to the lower index) or explicit indices `[N][K]`.
   *
   * @throws InvalidArgumentError for images of another shape or with values that are not finite, classes that do not
   *   exist, `out` that is too small or overlaps images or classes, or wrong options
   * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
   * @throws the signal's reason when aborted, on the calling thread within about the time of one image
   * @example
   * const { values, classes } = await net.jacobian(images, { classes: 10 });
   */
  jacobian(images: Float32Array, options: JacobianOptions): Promise<Jacobian>;

  /**
   * Gradient of one scalar an image with respect to that image, `[N][H][W][C]`, or their sum `[H][W][C]`: a loss of the
   * logits, or cotangents `[N][C]`. Seeds are computed in float64 and rounded to float32. The sum is that of the float32
   * gradients in float64, in the images' order, rounded once. An image whose seed is 0 has a gradient of zeros, and no
   * backward pass. Every engine of the package has it; of others, `gradient` of the package goes through `jacobian`.
   *
   * @throws InvalidArgumentError for images of another shape or with values that are not finite, labels, logits or cotangents
   *   of other images or classes, `out` that is too small or overlaps what is read, or wrong options
   * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
   * @throws the signal's reason when aborted
   * @example
   * const { labels } = await net.logits(images);
   * const { values } = await net.gradient(images, { loss: "crossEntropy", labels, sum: true });
   */
  gradient?(images: Float32Array, options: GradientOptions): Promise<Gradient>;

  /**
   * The whole DeepFool loop on the device. Engines without it get the portable loop over `jacobian`. Called by `deepfool`
   * of the package, which has resolved the request.
   *
   * @throws InvalidArgumentError for images of another shape or with values that are not finite
   * @throws EngineError if a logit is NaN at an image or where the loop comes to (`image` says whose), or if the engine
   *   was disposed or has failed
   * @throws the signal's reason when aborted
   */
  deepfool?(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun>;

  /**
   * Where `universalPerturbation` keeps the images and v, for engines that compute on them where they are. Engines
   * without it get the portable one, over the methods above.
   *
   * @throws InvalidArgumentError for images of another shape or with values that are not finite
   * @throws EngineError if there is no room for the images, or if the engine was disposed or has failed
   */
  craftingState?(images: Float32Array, request: CraftingRequest): Promise<CraftingState>;

  /**
   * Releases memory and workers. Calls after it reject with `EngineError`. Disposing twice is harmless.
   *
   * @example
   * using engine = await compile("model.json"); // or engine.dispose() when done
   */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** An engine of the package: it has `gradient`, if only through `jacobian`, and takes bytes and class indices of any array. */
export interface GradientEngine extends Engine {
  logits(images: Pixels, options?: LogitsOptions): Promise<Logits>;
  jacobian(images: Pixels, options: AnyJacobianOptions): Promise<Jacobian>;
  gradient(images: Pixels, options: GradientOptions): Promise<Gradient>;
}

export interface LogitsOptions {
  /** Ends the call early; the engine goes on. */
  readonly signal?: AbortSignal;
}

export interface Logits {
  readonly logits: Float32Array;
  readonly labels: Int32Array;
}

export interface JacobianOptions {
  readonly classes: number | Int32Array;
  /**
   * Where to write the values; at least N * K * inputSize long, in memory of its own. What it holds after a call that
   * rejects is not defined.
   */
  readonly out?: Float32Array;
  /** Ends the call early; the engine goes on. */
  readonly signal?: AbortSignal;
}

/** The same with class indices, `[N][K]`, in an array of any kind. */
export interface AnyJacobianOptions extends Omit<JacobianOptions, "classes"> {
  readonly classes: number | ArrayLike<number>;
}

export interface Jacobian {
  readonly values: Float32Array;
  /** `[N][K]`, the class of each row. */
  readonly classes: Int32Array;
  readonly logits: Float32Array;
}

/** What the crafting of a universal perturbation v needs to know; arguments are taken to be valid. */
export interface CraftingRequest {
  /** The ball that v is projected onto. */
  readonly norm: 2 | typeof Infinity;
  readonly radius: number;
  /** image + v is clipped to these bounds; undefined: it is not. */
  readonly bounds?: readonly [number, number];
  /** v to start from, `[D]`, inside the ball. */
  readonly initial: Float32Array;
  /** How DeepFool runs from image + v: l2, without bounds or trace. */
  readonly deepfool: DeepfoolRequest;
}

/**
 * N crafting images, which must not change meanwhile, and v. Other calls of the engine may come between any two; a
 * call that rejects leaves v as it was.
 */
export interface CraftingState {
  /** True where `predict` takes about as long for several images as for one, as on a GPU. Default false. */
  readonly parallel?: boolean;
  /** Predictions at these images, 0 to N - 1, or at these images + v, in the order of `indices`. */
  predict(indices: Int32Array, shifted: boolean): Promise<Int32Array>;
  /**
   * DeepFool from one image + v, away from `label`. If it left it with 1 to steps - 2 steps, v becomes the projection of
   * v + r, and is written to `out`.
   */
  improve(
    index: number,
    label: number,
    out?: Float32Array,
  ): Promise<{
    /** True if the prediction at image + v is another one than `label` already; nothing is done then. */
    readonly fooled: boolean;
    /** Steps of the DeepFool run. */
    readonly taken: number;
    /** True if v took the step. */
    readonly updated: boolean;
  }>;
  /** Writes v to `out`, `[D]`. */
  read(out: Float32Array): Promise<void>;
  /** Releases what the images and v take. Calls after it may reject. Disposing twice is harmless. */
  dispose(): void;
}

/** The parameters of one DeepFool run with every default resolved; see `deepfool`. */
export interface DeepfoolRequest {
  readonly norm: 2 | typeof Infinity;
  readonly profile: DeepfoolProfile;
  /** Number of candidate classes, the original prediction among them. */
  readonly classes: number;
  readonly steps: number;
  readonly overshoot: number;
  /** Iterates are clipped to these bounds; undefined: no clipping. */
  readonly bounds?: readonly [number, number];
  /** The prediction to leave, `[N]`; default: the engine's own argmax at `images`. */
  readonly labels?: Int32Array;
  readonly trace: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export type DeepfoolProfile = "paper" | "lts4" | "lts4-torch" | "foolbox";

export interface DeepfoolRun {
  /** `[N][H][W][C]`, the returned r of the profile, overshoot included (ALGORITHM in `api/deepfool.ts`). */
  readonly perturbation: Float32Array;
  /** Prediction at the image and at image + perturbation, `[N]`. */
  readonly labels: Int32Array;
  readonly newLabels: Int32Array;
  readonly iterations: Int32Array;
  /** With `trace`: for each image the class taken at each step. */
  readonly chosen?: readonly Int32Array[];
}
