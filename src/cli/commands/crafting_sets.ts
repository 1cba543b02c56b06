import type { Compiled } from "../../index.js";
import { type ImageSet, sliceSet } from "../../node/images/image_set.js";
import { UsageError } from "../errors.js";
import { type ImagesFrom, openImages } from "../inputs.js";

/** The images to craft on and, kept apart from them, those to measure on. */
export interface CraftingSets {
  readonly crafting: ImageSet;
  readonly holdout?: ImageSet;
}

/**
 * Loads both sets. `holdout` is a whole number n, for the last n images of the set, or the path of another set.
 *
 * @throws UsageError where nothing would be left to craft on
 */
export async function openCraftingSets(
  images: ImagesFrom,
  holdout: ImagesFrom | undefined,
  limit: number | undefined,
  engine: Compiled,
): Promise<CraftingSets> {
  const all = await openImages(images, engine, limit);
  if (holdout === undefined) return { crafting: all };
  if (typeof holdout !== "string" || !isHoldoutCount(holdout))
    return { crafting: all, holdout: await openImages(holdout, engine) };
  const count = Number(holdout);
  if (count === 0) return { crafting: all };
  if (count >= all.count)
    throw new UsageError(`--holdout is ${count} of ${all.count} images, which leaves none to craft on`);
  const split = all.count - count;
  return { crafting: sliceSet(all, 0, split), holdout: sliceSet(all, split, all.count) };
}

/** Whether `--holdout` is a number of images, not a path. */
export function isHoldoutCount(holdout: string): boolean {
  return /^\d+$/.test(holdout);
}
