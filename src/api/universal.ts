import type { Engine } from "../engines/engine.js";
import type { Pixels } from "../engines/pixels.js";
import { own, ownIn } from "./own.js";
import type { UniversalOptions } from "./universal/options.js";
import type { UniversalResult } from "./universal_result.js";

/**
 * One perturbation v that changes the prediction on most images, in a ball of the 2- or the infinity norm. Labels are the
 * network's own predictions on the clean images, never a dataset's. Methods:
 *
 * `"deepfool"` is arXiv:1610.08401, Algorithm 1, as in LTS4/universal:
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
 * that one image's clipping never enters v.
 *
 * The others go over shuffled batches and step along gradients: `"sgd"` (Shafahi et al., AAAI 2020), `"sga"` (ICCV 2023) and
 * `"momentum"`, the default, small batches with momentum along DeepFool's directions, which takes a fraction of their gradients;
 * formulas in `universal/sgd.ts`, `sga.ts` and `momentum.ts`. The published forms of the first two clip: `clip: true`. `target`,
 * a class: then the rate is the share of images taken for it, of those that are not taken for it without v.
 *
 * A given seed gives the same v wherever the engine gives the same numbers. `perturbation` is the best v of all passes
 * (the rate swings), `last` the final one; `initial` goes on from either.
 *
 * @param engine from `compile`, or any object that satisfies `Engine`
 * @param given the crafting set, `[N][H][W][C]`, values in `engine.range`; labels are not needed
 * @throws InvalidArgumentError for wrong shapes, values that are not finite or out of range, wrong options, options of another method, or a
 *   target that all images are taken for already
 * @throws EngineError if a logit is NaN at an image, at image + v or where DeepFool leads from there (`image` says whose),
 *   or if the engine was disposed or has failed
 * @throws UniversalAbortedError when the signal aborts; its `result` holds the best v so far
 *
 * @example
 * const uap = await universalPerturbation(net, images, { method: "momentum", radius: 10 / 255, passes: 5 });
 * const { rate } = await foolingRate(net, heldOut, uap.perturbation);
 */
export async function universalPerturbation(
  engine: Engine,
  given: Pixels,
  options?: UniversalOptions,
): Promise<UniversalResult> {
  // "deepfool" reads the caller's own for as long as it runs.
  const images = options?.method === "deepfool" ? given : own(given);
  const settings = ownIn(options, "initial");
  const run = await import("./universal/run.js");
  return run.universalPerturbation(engine, images, settings);
}
