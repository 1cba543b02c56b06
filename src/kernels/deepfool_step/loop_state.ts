/**
 * What the DeepFool loop keeps in linear memory while a tape runs it: float64 values, then 32-bit integers. Written
 * by the host before a run (settings) and by the kernels of this folder.
 */
const DOUBLES = [
  // Settings: the profile's offsets, 1 + overshoot or 1 at each step, 1 + overshoot, bounds.
  "distanceOffset",
  "normOffset",
  "stepFactor",
  "overshot",
  "low",
  "high",
  /** The point is x0 + factor r. */
  "factor",
  /** s of the step: r += s w or r += s sign(w). */
  "scale",
  /** Distance to the nearest boundary so far, `||w||_q` there and the |d| of its logits. */
  "nearest",
  "norm",
  "gap",
] as const;

const INTEGERS = [
  // Settings.
  /** q of ||w||_q: 1 or 2. */
  "order",
  /** Most steps of an image. */
  "steps",
  /** r is rounded to float32 after every step. */
  "roundsPerturbation",
  /** 0: the overshoot is applied once, at the end. */
  "overshootsEachStep",
  /** Points are clipped to `low .. high`. */
  "clips",
  /** Candidates K. */
  "candidates",
  /** Images in memory. */
  "images",
  /** Forward passes until the tape shall stop where it can go on later. */
  "budget",
  /** Where on the tape to go on; 0 once every image is finished. */
  "resume",
  /** Addresses of r, `[units]` float64, and of what it was before the last step. */
  "r",
  "before",
  /** The image in work. */
  "image",
  /** One of `PHASES`: what the next forward pass is for. */
  "phase",
  /** The prediction to leave, and the latest. */
  "label",
  "newLabel",
  /** Steps taken. */
  "iterations",
  /** The nearest candidate so far, 1 .. K-1; 0: none. */
  "chosen",
  /** Its lane in the latest backward pass. */
  "lane",
  /** A logit or norm was not finite: there is no step. */
  "unsound",
  /** A logit was NaN at a point whose pixels are finite: the tape has ended there, without an answer. */
  "notANumber",
  /** Words in the log of chosen classes. */
  "logged",
] as const;

/** What a forward pass is for. The last two are of profiles that overshoot at the end. */
export const PHASES = { atImage: 0, afterStep: 1, overshot: 2, notOvershot: 3 } as const;

export type StateDouble = (typeof DOUBLES)[number];
export type StateInteger = (typeof INTEGERS)[number];

/** Byte offset of a value. */
export function offsetInState(name: StateDouble | StateInteger): number {
  const double = DOUBLES.indexOf(name as StateDouble);
  if (double >= 0) return 8 * double;
  return 8 * DOUBLES.length + 4 * INTEGERS.indexOf(name as StateInteger);
}

export const STATE_BYTES = 8 * DOUBLES.length + 4 * INTEGERS.length;

/** What an image leaves behind: label, new label, iterations. */
export const OUTCOME_BYTES = 12;
/** Units of a tile of the element-wise kernels. */
export const TILE_UNITS = 1024;
