import { checkOut } from "../engines/arguments.js";
import { InvalidArgumentError } from "../errors.js";
import { PROFILE_NAMES, PROFILES, type ProfileName } from "../kernels/deepfool_step/profiles.js";
import { takeStep } from "../kernels/deepfool_step/reference.js";
import { project as projectInPlace } from "../kernels/projection/reference.js";
import { rowNorms as referenceRowNorms } from "../kernels/row_norms/reference.js";
import { integer, oneOf, optionsObject, positive } from "./options.js";

/** The kernels for people who have a Jacobian: flat typed arrays in and out, no engine, float64 accumulation. */

export interface DeepfoolStepOptions {
  /** Number of candidates K, the rows of each image's Jacobian. At least 2. */
  readonly classes: number;
  /** Default 2. */
  readonly norm?: 2 | typeof Infinity;
  /** Default "lts4"; see `deepfool`. Decides only the offsets: no overshoot is applied here. */
  readonly profile?: ProfileName;
  /** Where to write the steps; at least N * D long. */
  readonly out?: Float32Array;
}

export interface DeepfoolStep {
  /** `[N][D]`, zeros where there is no step to take. */
  readonly steps: Float32Array;
  /** The row whose boundary is nearest, 1 .. K-1, or 0 where there is no step to take, `[N]`. */
  readonly chosen: Int32Array;
  /** Distance to that linearised boundary in the norm, `[N]`; infinite where there is no step to take. */
  readonly distances: Float64Array;
}

/**
 * One DeepFool step for each of N images (arXiv:1511.04599, Algorithm 2); formulas in
 * `kernels/deepfool_step/reference.ts`.
 *
 * @param jacobian gradients of K logits, `[N][K][D]`; row 0 of each image belongs to the class to leave
 * @param logits the same K logits, `[N][K]`
 * @throws InvalidArgumentError for lengths that do not fit together or wrong options
 *
 * @example
 * const { steps } = deepfoolStep(jacobian, logits, { classes: 10 });
 */
export function deepfoolStep(
  jacobian: Float32Array,
  logits: Float32Array,
  options: DeepfoolStepOptions,
): DeepfoolStep {
  const caller = "deepfoolStep";
  const given = optionsObject(caller, options, ["classes", "norm", "profile", "out"]);
  const classes = integer(caller, "classes", given.classes, 2);
  const norm = oneOf(caller, "norm", given.norm ?? 2, [2, Infinity] as const);
  const profile = oneOf(caller, "profile", given.profile ?? "lts4", PROFILE_NAMES);
  const count = rowsOf(caller, "logits", logits, classes, "classes");
  const size = rowsOf(caller, "jacobian", jacobian, count * classes, `${count} images x ${classes} classes`);
  const steps = checkOut(caller, given.out, count * size);
  const chosen = new Int32Array(count);
  const distances = new Float64Array(count);
  const r = new Float64Array(size);
  for (let n = 0; n < count; n++) {
    const candidates = logits.subarray(n * classes, (n + 1) * classes);
    const step = takeStep(PROFILES[profile], norm, jacobian, n * classes * size, candidates, r.fill(0));
    chosen[n] = step.chosen;
    distances[n] = step.distance;
    steps.set(r, n * size);
  }
  return { steps, chosen, distances };
}

/**
 * l_2 or l_1 norms of the rows of a matrix `[M][size]`, summed in float64.
 *
 * @param q 2, or 1: the dual of infinity
 * @throws InvalidArgumentError unless the matrix is a whole number of rows and q is 1 or 2
 *
 * @example
 * const norms = rowNorms(jacobian, 32 * 32 * 3, 2);
 */
export function rowNorms(matrix: Float32Array, size: number, q: 1 | 2 = 2): Float64Array {
  const caller = "rowNorms";
  rowsOf(caller, "matrix", matrix, integer(caller, "size", size, 1), "size");
  return referenceRowNorms(matrix, size, oneOf(caller, "q", q, [1, 2] as const));
}

/**
 * Euclidean projection of each `[size]` vector of a batch onto the l_2 or l_infinity ball of a radius around 0; the
 * float32 result lies inside the ball.
 *
 * @param vectors `[N][size]`; not changed unless it is also `out`
 * @throws InvalidArgumentError for another norm, a radius that is not positive, lengths that do not fit, or values that
 *   are not finite, which have no projection
 *
 * @example
 * const v = project(sum, { radius: 10 / 255, norm: Infinity });
 */
export function project(
  vectors: Float32Array,
  options: {
    readonly radius: number;
    readonly norm: 2 | typeof Infinity;
    /** Default: all of `vectors` is one vector. */
    readonly size?: number;
    readonly out?: Float32Array;
  },
): Float32Array {
  const caller = "project";
  const given = optionsObject(caller, options, ["radius", "norm", "size", "out"]);
  const radius = positive(caller, "radius", given.radius);
  const norm = oneOf(caller, "norm", given.norm, [2, Infinity] as const);
  const size = integer(caller, "size", given.size ?? vectors?.length, 1);
  rowsOf(caller, "vectors", vectors, size, "size");
  const bad = vectors.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new InvalidArgumentError(`${caller}: vectors[${bad}] is ${vectors[bad]}, expected finite values`);
  const out = checkOut(caller, given.out, vectors.length);
  if (out !== vectors) out.set(vectors);
  for (let start = 0; start < vectors.length; start += size)
    projectInPlace(out.subarray(start, start + size), radius, norm);
  return out;
}

/** How many times `size` goes into the length of a non-empty array. */
function rowsOf(caller: string, name: string, values: Float32Array, size: number, what: string): number {
  if (!(values instanceof Float32Array) || values.length === 0 || values.length % size !== 0)
    throw new InvalidArgumentError(
      `${caller}: ${name} has ${values?.length ?? "no"} values, expected a Float32Array of a multiple of ${size} (${what})`,
    );
  return values.length / size;
}
