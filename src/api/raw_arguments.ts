import { checkOut } from "../engines/arguments.js";
import { InvalidArgumentError } from "../errors.js";
import {
  PROFILE_NAMES,
  PROFILES,
  type ProfileName,
  type ProfileRules,
} from "../kernels/deepfool_step/profiles.js";
import type { StepNorm } from "../kernels/deepfool_step/reference.js";
import type { BallNorm } from "../kernels/projection/reference.js";
import { integer, oneOf, optionsObject, positive } from "./options.js";

/** Options and results of the raw kernels, and the checks that both spellings begin with. */

export interface DeepfoolStepOptions {
  /** Number of candidates K, the rows of each image's Jacobian. At least 2. */
  readonly classes: number;
  /** Default 2. */
  readonly norm?: 2 | typeof Infinity;
  /** Default "lts4"; see `deepfool`. Decides only the offsets: no overshoot is applied here. */
  readonly profile?: ProfileName;
  /** Where to write the steps; at least N * D long, no part of the inputs. */
  readonly out?: Float32Array;
}

export interface DeepfoolStep {
  /** `[N][D]`, zeros where there is no step to take; `out`, if it was given. */
  readonly steps: Float32Array;
  /** The row whose boundary is nearest, 1 .. K-1, or 0 where there is no step to take, `[N]`. */
  readonly chosen: Int32Array;
  /** Distance to that linearised boundary in the norm, `[N]`; infinite where there is no step to take. */
  readonly distances: Float64Array;
}

export interface ProjectOptions {
  /** Of the ball, in the units of the vectors. */
  readonly radius: number;
  readonly norm: 2 | typeof Infinity;
  /** Values of a vector. Default: all of `vectors` is one vector. */
  readonly size?: number;
  /** Where to write the result; at least as long as `vectors`. It may begin where `vectors` does: then that is replaced. */
  readonly out?: Float32Array;
}

export interface TopClassesOptions {
  /** Logits of an image. */
  readonly classes: number;
  /** How many to find, 1 .. classes. */
  readonly count: number;
}

export interface DeepfoolStepArguments {
  readonly rules: ProfileRules;
  readonly norm: StepNorm;
  readonly classes: number;
  /** D. */
  readonly size: number;
  readonly steps: Float32Array;
}

/** @throws InvalidArgumentError as `deepfoolStep` says */
export function deepfoolStepArguments(
  jacobian: Float32Array,
  logits: Float32Array,
  options: DeepfoolStepOptions,
): DeepfoolStepArguments {
  const caller = "deepfoolStep";
  const given = optionsObject(caller, options, ["classes", "norm", "profile", "out"]);
  const classes = integer(caller, "classes", given.classes, 2);
  const norm = oneOf(caller, "norm", given.norm ?? 2, [2, Infinity] as const);
  const profile = oneOf(caller, "profile", given.profile ?? "lts4", PROFILE_NAMES);
  const count = rowsOf(caller, "logits", logits, classes, "classes");
  const size = rowsOf(caller, "jacobian", jacobian, count * classes, `${count} images x ${classes} classes`);
  const steps = checkOut(caller, given.out, count * size, { jacobian, logits });
  return { rules: PROFILES[profile], norm, classes, size, steps };
}

/** @throws InvalidArgumentError as `rowNorms` says */
export function rowNormsArguments(matrix: Float32Array, size: number, q: 1 | 2): void {
  const caller = "rowNorms";
  rowsOf(caller, "matrix", matrix, integer(caller, "size", size, 1), "size");
  oneOf(caller, "q", q, [1, 2] as const);
}

export interface ProjectArguments {
  readonly radius: number;
  readonly norm: BallNorm;
  readonly size: number;
  readonly out: Float32Array;
}

/** @throws InvalidArgumentError as `project` says, but for values that are not finite */
export function projectArguments(vectors: Float32Array, options: ProjectOptions): ProjectArguments {
  const caller = "project";
  const given = optionsObject(caller, options, ["radius", "norm", "size", "out"]);
  const radius = positive(caller, "radius", given.radius);
  const norm = oneOf(caller, "norm", given.norm, [2, Infinity] as const);
  const size = integer(caller, "size", given.size ?? vectors?.length, 1);
  rowsOf(caller, "vectors", vectors, size, "size");
  const inPlace = given.out instanceof Float32Array && given.out.byteOffset === vectors.byteOffset;
  const out = checkOut(caller, given.out, vectors.length, inPlace ? {} : { vectors });
  return { radius, norm, size, out };
}

/** @throws InvalidArgumentError as `topClasses` says */
export function topClassesArguments(logits: Float32Array, options: TopClassesOptions): TopClassesOptions {
  const caller = "topClasses";
  const given = optionsObject(caller, options, ["classes", "count"]);
  const classes = integer(caller, "classes", given.classes, 1);
  const count = integer(caller, "count", given.count, 1, classes);
  rowsOf(caller, "logits", logits, classes, "classes");
  return { classes, count };
}

/** What `project` throws where a value is not finite. */
export function notFinite(vectors: Float32Array): InvalidArgumentError {
  const bad = vectors.findIndex((value) => !Number.isFinite(value));
  return new InvalidArgumentError(`project: vectors[${bad}] is ${vectors[bad]}, expected finite values`);
}

/** How many times `size` goes into the length of a non-empty array. */
function rowsOf(caller: string, name: string, values: Float32Array, size: number, what: string): number {
  if (!(values instanceof Float32Array) || values.length === 0 || values.length % size !== 0)
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${values?.length ?? "no"} values, expected a Float32Array of a multiple of ${size} (${what})`,
    );
  return values.length / size;
}
