import type { DeepfoolProfile } from "../../engines/engine.js";
import type { UniversalProgress } from "../universal_result.js";
import type { UniversalMethod } from "./method.js";

export interface UniversalOptions {
  /** Default "momentum"; "deepfool", the published algorithm, where an option is given that is its alone. */
  readonly method?: UniversalMethod;
  /** The norm of the ball that v stays in. Default Infinity. */
  readonly norm?: 2 | typeof Infinity;
  /**
   * Radius of that ball, in the units of the images. Default 10/255 of the range's width for Infinity; for 2,
   * 2000/255 of it at 224x224x3 and proportional to sqrt(H W C), so that the size per pixel is the same.
   */
  readonly radius?: number;
  /** Stop once this share or less of the images is left unfooled. In [0, 1), default 0.2 for "deepfool"; others make all their passes. */
  readonly delta?: number;
  /** Most passes over the images. Default 10; more of few images with the other methods: 1000 / N, at most 100. */
  readonly passes?: number;
  /** Seed of everything random, a non-negative integer. Default 0. */
  readonly seed?: number;
  /** v to start from, `[H][W][C]`; projected onto the ball first. Default 0. */
  readonly initial?: Float32Array;
  /** Clip image + v to `engine.range` wherever the network judges it. Default false, as in the reference. */
  readonly clip?: boolean;
  readonly signal?: AbortSignal;
  /** Called as images are dealt with, and at the end of each pass. */
  readonly onProgress?: (progress: UniversalProgress) => void;

  // "deepfool"
  /** DeepFool's candidates, steps, overshoot and profile. Default 10, 10, 0.02, "lts4". */
  readonly classes?: number;
  /** At least 3: a run counts only if it fooled within `steps` - 2. */
  readonly steps?: number;
  readonly overshoot?: number;
  readonly profile?: DeepfoolProfile;
  /** Most images judged ahead in one call; the result does not depend on it. Default 64, fewer if large. */
  readonly lookAhead?: number;

  // "sgd", "sga" and "momentum"
  /** The class that all images shall be taken for. Default: any other than their own. */
  readonly target?: number;
  /**
   * v is made of jigsaws of random colours, 500 a pass by the seed, and the cosine loss, from random signs of a tenth of the
   * radius; images are only measured on, v does not depend on them, and `perturbation` is the last v. Not with `target`, `delta`, `beta`, `starts`, `weighting`. Default false.
   */
  readonly dataFree?: boolean;
  /** v repeats a patch n times in each direction; n divides H and W. Default 1. */
  readonly tile?: number;
  /** Images a step. Default N / 5 but at most 100; for "sga" N / 40 but at least 20 and at most 250; for "momentum" what makes a hundred steps, but 4 to 10. */
  readonly batch?: number;
  /**
   * Length of a step, as a share of the radius. Default 0.1; of the first for "momentum", from where it falls to 0 in a line,
   * 6 / sqrt(steps to come) but at most 0.8, in the 2-norm 8 / sqrt(steps to come).
   */
  readonly stepSize?: number;
  /** "sgd", "sga": cross-entropy from which an image no longer counts. Default 9; not with `target`. */
  readonly beta?: number;
  /** "sga", "momentum": share of the direction that stays in the next step, in [0, 1). Default 0; 0.9 for "momentum". */
  readonly momentum?: number;
  /** "sga": images of a step that searches ahead, and how often each image of a batch is drawn for one. Default 10, 4. */
  readonly innerBatch?: number;
  readonly innerPasses?: number;
  /**
   * "momentum": first passes from 0 with an order each, at whose end the steps have fallen to 0; the one of the highest rate goes on, with steps
   * for the passes that remain. Default 3; 1 from an `initial` v or without data: then all passes are one run.
   */
  readonly starts?: number;
  /**
   * "momentum": "near" weighs images by their distance to the boundary, so that those far from it on either side fade.
   * Default "near"; "equal" without data.
   */
  readonly weighting?: "equal" | "near";
  /**
   * "momentum": moves images by up to `shift` pixels and flips half of them, so that v is for others too. Default an eighth of
   * the shorter side, of more than 100 images sqrt(100 / N) of that, and where the network takes three quarters of the images, mirrored, for the same; `false`: as they are.
   */
  readonly augment?: false | { readonly shift?: number; readonly flip?: boolean };
}
