import { takeStep } from "../kernels/deepfool_step/reference.js";
import { project as projectInPlace } from "../kernels/projection/reference.js";
import { rowNorms as referenceRowNorms } from "../kernels/row_norms/reference.js";
import { topClasses as referenceTopClasses } from "../kernels/top_classes/reference.js";
import {
  type DeepfoolStep,
  type DeepfoolStepOptions,
  deepfoolStepArguments,
  notFinite,
  type ProjectOptions,
  projectArguments,
  rowNormsArguments,
  type TopClassesOptions,
  topClassesArguments,
} from "./raw_arguments.js";

/**
 * The kernels for people who have a Jacobian: flat typed arrays in and out, no engine, float64 accumulation. Loops that run
 * anywhere and define what `openKernels` computes faster.
 */

/**
 * One DeepFool step for each of N images (arXiv:1511.04599, Algorithm 2); formulas in
 * `kernels/deepfool_step/reference.ts`.
 *
 * @param jacobian gradients of K logits, `[N][K][D]`; row 0 of each image belongs to the class to leave
 * @param logits the same K logits, `[N][K]`
 * @throws InvalidArgumentError for lengths that do not fit together, an `out` that overlaps an input, or wrong options
 *
 * @example
 * // One image, two classes, D = 2: the boundary is where 2 x + y grows by 1.
 * const jacobian = Float32Array.of(0, 0, 2, 1);
 * const { steps, chosen, distances } = deepfoolStep(jacobian, Float32Array.of(1, 0), { classes: 2 });
 * console.log(steps, chosen, distances); // [0.4, 0.2], [1], [0.447...]
 */
export function deepfoolStep(
  jacobian: Float32Array,
  logits: Float32Array,
  options: DeepfoolStepOptions,
): DeepfoolStep {
  const { rules, norm, classes, size, steps } = deepfoolStepArguments(jacobian, logits, options);
  const count = logits.length / classes;
  const chosen = new Int32Array(count);
  const distances = new Float64Array(count);
  const r = new Float64Array(size);
  for (let n = 0; n < count; n++) {
    const candidates = logits.subarray(n * classes, (n + 1) * classes);
    const step = takeStep(rules, norm, jacobian, n * classes * size, candidates, r.fill(0));
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
 * @returns `[M]`
 * @throws InvalidArgumentError unless the matrix is a whole number of rows and q is 1 or 2
 *
 * @example
 * console.log(rowNorms(Float32Array.of(3, -4, 1, 1), 2)); // [5, 1.414...]
 */
export function rowNorms(matrix: Float32Array, size: number, q: 1 | 2 = 2): Float64Array {
  rowNormsArguments(matrix, size, q);
  return referenceRowNorms(matrix, size, q);
}

/**
 * Euclidean projection of each `[size]` vector of a batch onto the l_2 or l_infinity ball of a radius around 0; the
 * float32 result lies inside the ball (for l_2 where its values are not subnormal: from radii of 1e-30 on).
 *
 * @param vectors `[N][size]`; not changed unless it is also `out`
 * @returns `[N][size]`, or `out`
 * @throws InvalidArgumentError for another norm, a radius that is not positive, lengths that do not fit, an `out` that
 *   overlaps a part of `vectors`, or values that are not finite, which have no projection
 *
 * @example
 * console.log(project(Float32Array.of(-0.1, 0.01), { radius: 10 / 255, norm: Infinity })); // [-0.039..., 0.01]
 */
export function project(vectors: Float32Array, options: ProjectOptions): Float32Array {
  const { radius, norm, size, out } = projectArguments(vectors, options);
  if (!vectors.every(Number.isFinite)) throw notFinite(vectors);
  if (out.byteOffset !== vectors.byteOffset || out.buffer !== vectors.buffer) out.set(vectors);
  for (let start = 0; start < vectors.length; start += size)
    projectInPlace(out.subarray(start, start + size), radius, norm);
  return out;
}

/**
 * Indices of the largest of each row of logits, largest first, ties to the lower index; NaN counts as -infinity.
 *
 * @param logits `[N][classes]`
 * @returns `[N][count]`
 * @throws InvalidArgumentError unless the logits are a whole number of rows and `count` is from 1 to `classes`
 *
 * @example
 * console.log(topClasses(Float32Array.of(0.1, 3, 2), { classes: 3, count: 2 })); // [1, 2]
 */
export function topClasses(logits: Float32Array, options: TopClassesOptions): Int32Array {
  const { classes, count } = topClassesArguments(logits, options);
  const top = new Int32Array((logits.length / classes) * count);
  for (let n = 0; n * classes < logits.length; n++)
    top.set(referenceTopClasses(logits, n * classes, classes, count), n * count);
  return top;
}
