import type { RandomSource } from "../random.js";
import type { Ascent } from "./ascent.js";
import type { CraftingImages } from "./crafting_images.js";
import type { Tally } from "./tally.js";

/** A stochastic rule: what a step makes of a batch of images. */
export interface Rule {
  /**
   * Moves v.
   *
   * @param indices the images of the batch
   * @param done share of all steps that are done, 0 for the first
   */
  step(ascent: Ascent, indices: Int32Array, done: number): Promise<StepDone>;
}

export interface StepDone {
  /** One-cotangent passes, forward and backward. */
  readonly gradients: number;
  /** Whether v changed. */
  readonly updated: boolean;
  /** What v did to the images of the step before it moved. */
  readonly tally: Tally;
}

/** Makes a rule, with nothing remembered, for a run or for one of several starts. */
export type RuleMaker = (images: CraftingImages, random: RandomSource) => Rule;
