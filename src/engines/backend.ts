import type { Loss } from "../kernels/losses/reference.js";
import type { InputTransform } from "../network/input.js";
import type { Network } from "../network/spec.js";
import type { CraftingRequest, CraftingState, DeepfoolRequest, DeepfoolRun, Engine } from "./engine.js";
import type { Shift } from "./shift.js";

/**
 * What computes behind an `Engine`. `createEngine` has checked all arguments, that the engine lives and that the signal is
 * not aborted when a call begins, and it looks at the logits that come out; what is left is here.
 *
 * Once a call has returned its promise the caller may change the images and classes that it gave: who reads them later must
 * have its own.
 */
export interface EngineBackend<Name extends string = string> {
  /** `Engine.backend`. */
  readonly name: Name;
  /** Throws an EngineError that starts with `caller` once the backend has died of itself. Default: it does not. */
  assertLive?(caller: string): void;
  /** Logits `[N][C]`. Rejects with the signal's reason soon after it aborts. */
  logits(images: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Gradients of K logits of each image, into `values`; gives the class of each row, `[N][K]`, and the logits. */
  jacobian(
    images: Float32Array,
    request: JacobianRequest,
  ): Promise<{ readonly classes: Int32Array; readonly logits: Float32Array }>;
  /**
   * Gradients of a loss into `request.values`; gives the logits and the losses, `[N]`. Default: through `jacobian`, which
   * costs a row for every class whose seed is not 0.
   */
  gradient?(
    images: Float32Array,
    request: GradientRequest,
  ): Promise<{ readonly logits: Float32Array; readonly losses: Float32Array }>;
  /** As `Engine.deepfool`; logits that are NaN at a point of finite pixels are a `NotANumber`. Default: it has none. */
  deepfool?(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun>;
  /** As `Engine.craftingState`, and the same. */
  craftingState?(images: Float32Array, request: CraftingRequest): Promise<CraftingState>;
  /** Called once. */
  dispose(): void;
}

/** Checked arguments of `jacobian`. */
export interface JacobianRequest {
  /** A count, or indices `[N][rows]`. */
  readonly classes: number | Int32Array;
  /** K. */
  readonly rows: number;
  /** `[N][K][D]`, to be written; overlaps neither the images nor the classes. */
  readonly values: Float32Array;
  readonly signal?: AbortSignal;
}

/** Checked arguments of `gradient`; its arrays are its own. */
export interface GradientRequest {
  readonly loss: Loss;
  readonly sum: boolean;
  readonly shift?: Shift;
  /** `[N][D]`, or `[D]` for the sum; overlaps no images. */
  readonly values: Float32Array;
  readonly signal?: AbortSignal;
}

/** What a call that pauses reads later, as its own. It pauses only where it has a signal. */
export function ownImages(images: Float32Array, signal: AbortSignal | undefined): Float32Array {
  return signal ? images.slice() : images;
}

/** The same of the classes of a request. */
export function ownClasses(request: JacobianRequest): JacobianRequest {
  const { classes, signal } = request;
  return signal && typeof classes !== "number" ? { ...request, classes: classes.slice() } : request;
}

/** What an engine says of itself besides its backend's name. */
export type EngineFacts = Pick<Engine, "inputShape" | "classes" | "classNames" | "range">;

export function factsOf({ input, classes, classNames }: Network, { range }: InputTransform): EngineFacts {
  return { inputShape: input.shape, classes, classNames, range };
}
