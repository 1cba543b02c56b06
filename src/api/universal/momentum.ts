import type { BallNorm } from "../../kernels/projection/reference.js";
import { type RandomSource, randomBelow } from "../random.js";
import { lengthOf } from "./ascent.js";
import { type Augmentation, augmented } from "./augmentation.js";
import type { CraftingImages } from "./crafting_images.js";
import type { RuleMaker } from "./rule.js";
import { remember } from "./sga.js";

export interface MomentumSettings {
  /** Of the first step, in the units of the images; it falls to 0 in a line. */
  readonly a: number;
  readonly momentum: number;
  readonly weighting: "equal" | "near";
  readonly augmentation: Augmentation;
}

/** Distance to the boundary, in radii, at which an image's weight has fallen to 0.42. */
const NEAR = 0.2;

/**
 * Small batches with momentum, along the directions in which DeepFool goes. Of a batch S, where z are the logits at x + v and c
 * is the runner-up, the largest but y (or, towards a target t: y the largest but t, and c = t):
 *
 *     w = grad (z_c - z_y)                          one cotangent
 *     g = sum over S of f w / ||w||_2               w = 0: nothing
 *     m = mu m + g / ||g||_1
 *     v = project(v + a (1 - t / T) sign(m)),       p = 2: v + a (1 - t / T) m / ||m||_2
 *
 * f = 1, or with weighting "near" sech^2(rho / 0.2), rho = (z_y - z_c) / ||w||_q / R the distance to the boundary in radii, q dual
 * to p, as a share of the largest in S. Normalised, every image counts alike, be it far from the boundary, near it or beyond;
 * weighted, those count that a step can turn. Images are moved and mirrored at random before they are looked at.
 */
export function momentum({ a, momentum: mu, weighting, augmentation }: MomentumSettings): RuleMaker {
  return (images, random) => {
    const m = new Float64Array(images.size);
    return {
      async step(ascent, indices, done) {
        const { radius, norm, v } = ascent;
        const targeted = images.target !== undefined;
        const loss = images.lossOf(indices, (labels) => ({
          ...({ loss: "margin", labels, kappa: Infinity } as const),
          targeted,
        }));
        const flip = augmentation.flip ?? (await images.alikeMirrored());
        const seen = moved(images, indices, augmentation.shift, flip, random);
        const { values, losses, logits } = await images.gradient(indices, seen, loss, v, false);
        const directions = Array.from(losses, (loss, n) => {
          const w = values.subarray(n * images.size, (n + 1) * images.size);
          const length = lengthOf(w, 2);
          if (weighting === "equal") return { w, length, fading: 0 };
          return { w, length, fading: fadingOf(-loss / (norm === 2 ? length : lengthOf(w, 1)) / radius) };
        }).filter(({ length }) => length > 0);
        // Of the nearest, so that v also moves where all are too far for a weight that is a number.
        const least = directions.reduce((low, { fading }) => Math.min(low, fading), Infinity);
        const g = new Float64Array(images.size);
        for (const { w, length, fading } of directions) {
          const factor = Math.exp(least - fading) / length;
          for (let i = 0; i < g.length; i++) g[i] += factor * w[i];
        }
        remember(m, ascent.tiling.sum(g), mu);
        const tally = images.tally(indices, logits);
        return { gradients: indices.length, updated: ascent.step(m, a * (1 - done)), tally };
      },
    };
  };
}

/** Minus the logarithm of sech^2(distance / 0.2). */
function fadingOf(distance: number): number {
  const x = Math.abs(distance / NEAR);
  return 2 * (x + Math.log1p(Math.exp(-2 * x)) - Math.LN2);
}

/**
 * Of the first step, in radii, where so many are to come: min(0.8, c / sqrt(updates)), c = 6, or 8 in the 2-norm. Short runs
 * go far at once, long ones find their place; `bench/rules` has what led here.
 */
export function usualMomentumStep(norm: BallNorm, updates: number): number {
  return Math.min(0.8, (norm === 2 ? 8 : 6) / Math.sqrt(updates));
}

function moved(
  images: CraftingImages,
  indices: Int32Array,
  shift: number,
  flip: boolean,
  random: RandomSource,
): Float32Array {
  const gathered = images.gather(indices);
  if (shift === 0 && !flip) return gathered;
  const offset = () => randomBelow(2 * shift + 1, random) - shift;
  for (let at = 0; at < gathered.length; at += images.size)
    augmented(gathered.subarray(at, at + images.size), images.engine.inputShape, {
      rows: offset(),
      columns: offset(),
      flip: flip && randomBelow(2, random) === 1,
    });
  return gathered;
}
