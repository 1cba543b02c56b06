import { deepfoolFor } from "./deepfool.js";
import { fastMinimumNorm } from "./fast_minimum_norm.js";
import { ontoLevels } from "./levels.js";
import { manyDescents } from "./many_descents.js";
import { type Search, slopeAt } from "./question.js";
import type { MinimalSettings } from "./settings.js";
import { superDeepfool } from "./super_deepfool.js";
import { type Candidate, dot, leads, normOf, type Trail } from "./trail.js";

export interface Outcome {
  /** Undefined where nothing was found that fools. */
  readonly best: Candidate | undefined;
  readonly alignment: number;
  /** `best` is on the levels. */
  readonly rounded: boolean;
}

/** The whole search for one image: the prediction there, the method, the levels. */
export function* attack(trail: Trail, settings: MinimalSettings): Search<Outcome> {
  const clean = yield* trail.start();
  if (!clean.fools) yield* methodOf(trail, settings, clean);
  const exact = trail.best;
  if (exact === undefined) return { best: undefined, alignment: 0, rounded: false };
  const onLevels = settings.levels && (yield* ontoLevels(trail, settings.levels, exact));
  const best = onLevels ?? exact;
  const { w } = yield* slopeAt(best.point, trail.target);
  const lengths = best.norm * normOf(w, settings.terms.norm === 2 ? 2 : 1);
  const alignment = leads(w) && lengths > 0 ? dot(best.perturbation, w) / lengths : 0;
  return { best, alignment, rounded: onLevels !== undefined };
}

function methodOf(
  trail: Trail,
  { method, variant, steps, rounds, starts }: MinimalSettings,
  clean: Candidate,
): Search<unknown> {
  switch (method) {
    case "deepfool":
      return deepfoolFor(trail, trail.image);
    case "fmn":
      return fastMinimumNorm(trail, clean, steps, trail.terms.width);
    case "sdf":
      return variant === "paper" ? superDeepfool(trail, rounds) : manyDescents(trail, clean.logits, starts);
  }
}
