import type { Engine } from "../engines/engine.js";
import type { Pixels } from "../engines/pixels.js";
import type { FoolingRate, FoolingRateOptions } from "./evaluating/options.js";

/**
 * The share of images whose prediction changes when one perturbation is added to all of them (arXiv:1610.08401,
 * section 2). Compared with the prediction on the clean image, not with a dataset label.
 *
 * @param pixels the images, `[N][H][W][C]`, values in `engine.range`
 * @param perturbation `[H][W][C]`, in the same units
 * @throws InvalidArgumentError for wrong shapes, values that are not finite or out of range, wrong options, or a target that all images are
 *   taken for already
 * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
 * @throws the signal's reason when aborted
 *
 * @example
 * const { rate, rounded } = await foolingRate(net, testImages, uap.perturbation, { levels: 256 });
 */
export async function foolingRate(
  engine: Engine,
  pixels: Pixels,
  perturbation: Float32Array,
  options?: FoolingRateOptions,
): Promise<FoolingRate> {
  const run = await import("./evaluating/run.js");
  return run.foolingRate(engine, pixels, perturbation, options);
}
