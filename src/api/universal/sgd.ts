import type { LossOptions } from "../../engines/gradient.js";
import type { CraftingImages } from "./crafting_images.js";
import type { RuleMaker } from "./rule.js";

export interface SgdSettings {
  /** In the units of the images. */
  readonly a: number;
  readonly beta: number;
}

/**
 * Stochastic gradient ascent on a clamped cross-entropy (Shafahi, Najibi, Xu, Dickerson, Davis and Goldstein, "Universal
 * adversarial training", AAAI 2020). Of a batch S:
 *
 *     g = sum over S of grad_v min(CE(f(x + v), y), beta)      y the clean prediction; or of -CE(f(x + v), t)
 *     v = project(v + a sign(g)),   p = 2: v + a g / ||g||_2
 */
export function sgd({ a, beta }: SgdSettings): RuleMaker {
  return (images) => ({
    async step(ascent, indices) {
      const loss = entropyOf(images, indices, beta);
      const { values, logits } = await images.gradient(indices, images.gather(indices), loss, ascent.v, true);
      const g = ascent.tiling.sum(Float64Array.from(values));
      const tally = images.tally(indices, logits);
      return { gradients: indices.length, updated: ascent.step(g, a), tally };
    },
  });
}

/** Cross-entropy away from the clean predictions, clamped, or towards the target. */
export function entropyOf(images: CraftingImages, indices: Int32Array, beta: number): LossOptions {
  return images.lossOf(indices, (labels) =>
    images.target === undefined
      ? { loss: "crossEntropy", labels, beta }
      : { loss: "crossEntropy", labels, targeted: true },
  );
}
