import type { Engine } from "../engines/engine.js";
import type { Gradient, GradientOptions } from "../engines/gradient.js";
import { gradientArguments } from "../engines/gradient_arguments.js";
import type { GradientSource } from "../engines/gradient_source.js";
import { gradientOf } from "../engines/lazy_gradient.js";
import { type Pixels, pixelsOf } from "../engines/pixels.js";
import { sizeOf } from "../network/spec.js";
import { checkEngine } from "./options.js";

/**
 * Gradient of one scalar an image with respect to that image, or their sum, of any engine: its own `gradient`, or else a sum of
 * rows of its Jacobian, one for every class whose seed is not 0.
 *
 * @param engine from `compile`, or any object that satisfies `Engine`
 * @param given `[N][H][W][C]`, in the units of `engine.range`
 * @returns values `[N][H][W][C]` or, with `sum`, `[H][W][C]`; logits `[N][C]`; losses `[N]`
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws EngineError if a logit is NaN (`image` says whose), or if the engine was disposed or has failed
 * @throws the signal's reason when aborted
 *
 * @example
 * const { labels } = await net.logits(images);
 * const { values } = await gradient(net, images, { loss: "margin", labels, shift: uap.perturbation });
 */
export async function gradient(engine: Engine, given: Pixels, options: GradientOptions): Promise<Gradient> {
  checkEngine("gradient", engine);
  const images = pixelsOf("gradient", given, engine.range);
  if (engine.gradient) return engine.gradient(images, options);
  const { inputShape, classes } = engine;
  const request = gradientArguments(images, options, inputShape, classes);
  request.signal?.throwIfAborted();
  const answer = await gradientOf(sourceOf(engine), images, request, sizeOf(inputShape), classes);
  return { values: request.values, ...answer };
}

function sourceOf(engine: Engine): GradientSource {
  return {
    logits: async (images, signal) => (await engine.logits(images, signal && { signal })).logits,
    jacobian: (images, { classes, values, signal }) =>
      engine.jacobian(images, { classes, out: values, ...(signal && { signal }) }),
  };
}
