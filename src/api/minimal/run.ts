import type { Engine } from "../../engines/engine.js";
import type { Pixels } from "../../engines/pixels.js";
import { sizeOf } from "../../network/spec.js";
import { defaultBatch } from "../predict.js";
import { attack, type Outcome } from "./attack.js";
import type { MinimalOptions, MinimalResult } from "./options.js";
import { runSearches } from "./searches.js";
import { CALLER, resolveMinimal } from "./settings.js";
import { Trail } from "./trail.js";

/** What `minimalPerturbation` does, with arrays of its own. */
export async function minimalPerturbation(
  engine: Engine,
  given: Pixels,
  options?: MinimalOptions,
): Promise<MinimalResult> {
  const { images, settings } = resolveMinimal(engine, given, options);
  const { signal, method, variant, deepfool, terms, targets, levels, onProgress } = settings;
  signal?.throwIfAborted();
  const size = sizeOf(engine.inputShape);
  const count = images.length / size;
  const found: { readonly trail: Trail; readonly outcome: Outcome }[] = [];
  await runSearches(
    { caller: CALLER, engine, deepfool, signal },
    count,
    defaultBatch(engine),
    (index) => {
      const image = images.subarray(index * size, (index + 1) * size);
      const trail = new Trail(image, targets?.[index], terms);
      return { index, trail, search: attack(trail, settings) };
    },
    ({ index, trail }, outcome, done) => {
      found[index] = { trail, outcome };
      onProgress?.(done, count);
    },
  );
  const adversarial = images.slice();
  const perturbation = new Float32Array(images.length);
  found.forEach(({ outcome: { best } }, n) => {
    if (best) adversarial.set(best.point, n * size);
    if (best) perturbation.set(best.perturbation, n * size);
  });
  return {
    adversarial,
    perturbation,
    norms: Float64Array.from(found, ({ outcome }) => outcome.best?.norm ?? Infinity),
    labels: Int32Array.from(found, ({ trail }) => trail.label),
    newLabels: Int32Array.from(found, ({ trail, outcome }) => outcome.best?.label ?? trail.label),
    succeeded: Uint8Array.from(found, ({ outcome }) => Number(outcome.best !== undefined)),
    iterations: Int32Array.from(found, ({ trail }) => trail.iterations),
    gradients: Int32Array.from(found, ({ trail }) => trail.gradients),
    alignment: Float64Array.from(found, ({ outcome }) => outcome.alignment),
    stalled: found.filter(({ trail, outcome }) => outcome.best === undefined && trail.starved).length,
    ...(levels && { rounded: Uint8Array.from(found, ({ outcome }) => Number(outcome.rounded)) }),
    method,
    ...(method === "sdf" && { variant }),
    norm: terms.norm,
  };
}
