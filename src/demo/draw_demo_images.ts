import { integer, interval, oneOf, optionsObject } from "../api/options.js";
import { scaleBytes } from "../images/levels.js";
import type { InputOptions } from "../network/input.js";
import type { Shape } from "../network/spec.js";
import { demoSets, PIXEL_MEAN, PIXEL_STD, SEED } from "./demo_set.js";
import { objectClasses } from "./objects/index.js";
import { labelOf, photograph, SIDE } from "./photograph.js";

/** "crafting": 500 images; "holdout": 200 that the embedded model has not seen either. */
export type DemoSet = "crafting" | "holdout";

export interface DemoImagesOptions {
  /** How many images to draw, the first ones. Default: all. */
  readonly limit?: number;
  /** `[low, high]` that black and white become. Default `[0, 255]`, the range of `demoInput`. */
  readonly range?: readonly [number, number];
}

export interface DemoImages {
  /** `[N][H][W][C]`. */
  readonly images: Float32Array;
  readonly count: number;
  /** `[H, W, C]` of one image: 32x32x3. */
  readonly shape: Shape;
  /** What was drawn, `[N]`. */
  readonly labels: Int32Array;
  readonly classNames: readonly string[];
}

/** What the embedded model, `unifool/demo/model.json`, sees of the images: bytes, shifted and scaled. */
export const demoInput = {
  range: [0, 255],
  mean: PIXEL_MEAN,
  std: PIXEL_STD,
} as const satisfies InputOptions;

const DRAWN = { crafting: demoSets[0], holdout: demoSets[1] } as const;

/**
 * Draws the images of the embedded demonstration from their seed, the same bytes on every machine; about 5 ms each.
 *
 * @throws InvalidArgumentError for a set that does not exist, or wrong options
 *
 * @example
 * const { images: demoImages, labels } = drawDemoImages("holdout", { limit: 20 });
 */
export function drawDemoImages(set: DemoSet, options?: DemoImagesOptions): DemoImages {
  const caller = "drawDemoImages";
  const { limit, range } = optionsObject(caller, options, ["limit", "range"]);
  const { split, count: all } = DRAWN[oneOf(caller, "set", set, ["crafting", "holdout"] as const)];
  const count = Math.min(all, limit === undefined ? all : integer(caller, "limit", limit, 1));
  if (range !== undefined) interval(caller, "range", range);
  const size = SIDE * SIDE * 3;
  const bytes = new Uint8Array(count * size);
  for (let n = 0; n < count; n++) photograph(SEED, split, n, bytes.subarray(n * size, (n + 1) * size));
  return {
    images: scaleBytes(bytes, range ?? demoInput.range),
    count,
    shape: [SIDE, SIDE, 3],
    labels: Int32Array.from({ length: count }, (_, n) => labelOf(n)),
    classNames: objectClasses.map(({ name }) => name),
  };
}
