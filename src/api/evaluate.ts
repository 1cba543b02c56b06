import { countImages } from "../engines/arguments.js";
import type { Engine } from "../engines/engine.js";
import { InvalidArgumentError } from "../errors.js";
import { sizeOf } from "../network/spec.js";
import { checkCallback, checkEngine, checkSignal, flag, integer, optionsObject } from "./options.js";
import { predict } from "./predict.js";

export interface FoolingRateOptions {
  /** Clip image + perturbation to `engine.range`. Default false, as in the reference algorithm. */
  readonly clip?: boolean;
  /** Predictions on the clean images, `[N]`, if they are known already. Never dataset labels. */
  readonly labels?: Int32Array;
  /** Images an engine call. Default 64, fewer if they are large. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FoolingRate {
  /** Share of the images whose prediction changes, 0 to 1. */
  readonly rate: number;
  /** Predictions on the clean images, `[N]`. */
  readonly labels: Int32Array;
  /** Predictions on the perturbed images, `[N]`. */
  readonly newLabels: Int32Array;
}

/**
 * The share of images whose prediction changes when one perturbation is added to all of them (arXiv:1610.08401,
 * section 2). Compared with the prediction on the clean image, not with a dataset label.
 *
 * @param images `[N][H][W][C]`, values in `engine.range`
 * @param perturbation `[H][W][C]`, in the same units
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
 * @throws the signal's reason when aborted
 *
 * @example
 * const { rate } = await foolingRate(net, testImages, uap.perturbation);
 */
export async function foolingRate(
  engine: Engine,
  images: Float32Array,
  perturbation: Float32Array,
  options?: FoolingRateOptions,
): Promise<FoolingRate> {
  const caller = "foolingRate";
  const known = ["clip", "labels", "batch", "signal", "onProgress"] as const;
  const { clip = false, batch, signal, onProgress, ...given } = optionsObject(caller, options, known);
  checkEngine(caller, engine);
  checkSignal(caller, signal);
  checkCallback(caller, "onProgress", onProgress);
  const count = countImages(caller, images, engine.inputShape);
  checkPerturbation(caller, perturbation, engine);
  flag(caller, "clip", clip);
  if (batch !== undefined) integer(caller, "batch", batch, 1);
  if (given.labels !== undefined && (!(given.labels instanceof Int32Array) || given.labels.length !== count))
    throw new InvalidArgumentError(
      `${caller}: labels has ${(given.labels as Int32Array | null)?.length ?? "no"} values, expected an Int32Array of ${count}, one an image`,
    );

  const passes = given.labels === undefined ? 2 : 1;
  const labels =
    given.labels ??
    (await predict(caller, engine, images, {
      batch,
      signal,
      onProgress: (done, total) => onProgress?.(done, total * passes),
    }));
  const newLabels = await predict(caller, engine, images, {
    shift: { perturbation, bounds: clip ? engine.range : undefined },
    batch,
    signal,
    onProgress: (done, total) => onProgress?.(done + total * (passes - 1), total * passes),
  });
  return { rate: shareOfChanged(labels, newLabels), labels, newLabels };
}

/** Share of positions where two label arrays differ. */
export function shareOfChanged(labels: Int32Array, newLabels: Int32Array): number {
  return labels.reduce((changed, label, i) => changed + Number(label !== newLabels[i]), 0) / labels.length;
}

/** One image's worth of finite values. */
export function checkPerturbation(
  caller: string,
  perturbation: Float32Array,
  engine: Engine,
  name = "perturbation",
): void {
  if (countImages(caller, perturbation, engine.inputShape, name) !== 1)
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${perturbation.length} values, expected ${sizeOf(engine.inputShape)} ` +
        `(${engine.inputShape.join("x")})`,
    );
}
