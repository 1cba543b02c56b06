import type { Compiled } from "../../index.js";
import { type ImageSet, sliceSet } from "../../node/images/image_set.js";
import type { Console } from "../console.js";
import { UsageError } from "../errors.js";
import { type ImageOptions, type ImagesFrom, openImages } from "../inputs.js";

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
  options: Pick<ImageOptions, "limit" | "strict">,
  engine: Compiled,
  console: Console,
): Promise<CraftingSets> {
  const all = await openImages(images, engine, options, console);
  if (holdout === undefined) return { crafting: all };
  if (typeof holdout !== "string" || !isHoldoutCount(holdout))
    return { crafting: all, holdout: await openImages(holdout, engine, { strict: options.strict }, console) };
  const count = Number(holdout);
  if (count === 0) return { crafting: all };
  if (count >= all.count)
    throw new UsageError(`--holdout is ${count} of ${all.count} images, which leaves none to craft on`);
  const split = all.count - count;
  return { crafting: sliceSet(all, 0, split), holdout: { ...sliceSet(all, split, all.count), skipped: [] } };
}

/** Whether `--holdout` is a number of images, not a path. */
export function isHoldoutCount(holdout: string): boolean {
  return /^\d+$/.test(holdout);
}
