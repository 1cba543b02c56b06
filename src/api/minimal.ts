import type { Engine } from "../engines/engine.js";
import type { Pixels } from "../engines/pixels.js";
import type { MinimalOptions, MinimalResult } from "./minimal/options.js";
import { own, ownIn } from "./own.js";

/**
 * A perturbation r of each image, as small as can be found, that changes the prediction or brings it to a target. Methods:
 *
 * | method | follows | gradients an image |
 * |---|---|---|
 * | `sdf`, variant `descent` | ours: SuperDeepFool's projection, damped, from several boundaries (`minimal/many_descents.ts`) | some 2.7 times DeepFool's |
 * | `sdf`, variant `paper` | SuperDeepFool, SDF(inf, 1), NeurIPS 2024 (`minimal/super_deepfool.ts`) | `rounds` DeepFools |
 * | `fmn` | FMN, NeurIPS 2021 (`minimal/fast_minimum_norm.ts`) | `steps` |
 * | `deepfool` | DeepFool, profile `lts4`, as `deepfool` has it; towards targets `minimal/deepfool.ts` | `classes` a step |
 *
 * The minimal r ends on the boundary and is parallel to its normal there. DeepFool sees to the first; `sdf` begins with its
 * point and is never longer. The smallest r seen that fools is kept, by the engine's own predictions at the very point that is
 * returned. An image that is not fooled comes back as it is, its norm Infinity; one whose target is its prediction with r = 0.
 *
 * With `levels` that r is rounded: pixels to the nearest level, then more and more of them away from the image, then r grown by a quarter at a
 * time, until the point fools (`minimal/levels.ts`).
 *
 * A gradient that is 0 or not finite ends a search, and a logit that is infinite does not fool. Results hold no NaN, and an
 * image's result does not depend on the other images. Norms and projections are float64, points float32.
 *
 * @param engine from `compile`, or any object that satisfies `Engine`
 * @param given the images, `[N][H][W][C]`, in the units of `engine.range`
 * @throws InvalidArgumentError for wrong shapes, values that are not finite or out of bounds, wrong options, or options of another
 *   method or variant
 * @throws EngineError if a logit is NaN at an image or where a search comes to (`image` says whose), or if the engine was disposed or
 *   has failed
 * @throws the signal's reason when aborted
 *
 * @example
 * const { norms, adversarial } = await minimalPerturbation(net, images, { method: "sdf", levels: 256 });
 * const median = norms.toSorted()[norms.length >> 1];
 */
export async function minimalPerturbation(
  engine: Engine,
  given: Pixels,
  options?: MinimalOptions,
): Promise<MinimalResult> {
  const [images, settings] = [own(given), ownIn(options, "targets")];
  const run = await import("./minimal/run.js");
  return run.minimalPerturbation(engine, images, settings);
}
