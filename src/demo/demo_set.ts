import type { Split } from "./photograph.js";

/** Every image follows from this number. */
export const SEED = 2017;

/** The network sees `(pixel / 255 - mean) / std`. */
export const PIXEL_MEAN: readonly number[] = [0.45, 0.45, 0.45];
export const PIXEL_STD: readonly number[] = [0.25, 0.25, 0.25];

/** What is stored, and where below `demo/`. */
export const demoSets: readonly { folder: string; split: Split; count: number; note: string }[] = [
  { folder: "images", split: "training", count: 500, note: "crafting: images 0..499 of the training stream" },
  {
    folder: "holdout",
    split: "holdout",
    count: 200,
    note: "test: images 0..199 of a stream the training never draws from",
  },
];
