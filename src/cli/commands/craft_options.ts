import type { UniversalOptions } from "../../index.js";
import type { ImageOptions } from "../inputs.js";
import type { OutOptions } from "../output/folders.js";

type Tuning = Pick<
  UniversalOptions,
  | ("norm" | "radius" | "delta" | "passes" | "classes" | "steps" | "overshoot" | "profile" | "seed" | "clip")
  | ("method" | "target" | "tile" | "batch" | "stepSize" | "beta" | "momentum")
  | ("innerBatch" | "innerPasses" | "starts" | "weighting" | "dataFree")
>;

export interface CraftOptions extends ImageOptions, OutOptions, Tuning {
  /** Most pixels that images are moved by, and whether half of them are mirrored. */
  readonly shift?: number;
  readonly flip?: boolean;
  /** A report.json of craft: what is not given is as it was there. */
  readonly repeat?: string;
  /** How many of the images to keep apart, or another set. */
  readonly holdout?: string;
  /** .npy file to start from. */
  readonly perturbation?: string;
}
