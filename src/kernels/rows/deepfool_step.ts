import type { ProfileRules } from "../deepfool_step/profiles.js";
import { dualNorm, nearestStep, type StepNorm } from "../deepfool_step/reference.js";
import { normOfSums, ROW_SUMS } from "../row_norms/row_sums.js";
import type { RowInstance } from "../wasm/row_instance.js";
import { BLOCK_VALUES, tilesOf } from "./blocks.js";

/** The arrays of a batch: K rows of `size` values and K logits for each image; what shall be filled. */
export interface StepArrays {
  readonly jacobian: Float32Array;
  readonly logits: Float32Array;
  readonly steps: Float32Array;
  readonly chosen: Int32Array;
  readonly distances: Float64Array;
}

/** Units of each of K rows that are copied at a time: all, or a multiple of 8. */
function pieceOf(classes: number, size: number): number {
  if (classes * size <= BLOCK_VALUES) return size;
  return Math.min(size, Math.max(8, 8 * Math.floor(BLOCK_VALUES / classes / 8)));
}

/**
 * `takeStep` of `deepfool_step/reference.ts` from r = 0, image by image, on the kernels: norms within (size / 8 + 6) 2^-53
 * of the exact ones; choice and scale by the reference; the step rounded to float32. An image's results depend on
 * that image alone.
 */
export function deepfoolStep(
  kernels: RowInstance,
  rules: ProfileRules,
  norm: StepNorm,
  classes: number,
  { jacobian, logits, steps, chosen, distances }: StepArrays,
): void {
  const size = jacobian.length / logits.length;
  const order = dualNorm(norm);
  const piece = pieceOf(classes, size);
  kernels.reset();
  const [first, base] = [kernels.reserve(4 * classes * piece), kernels.reserve(8 * piece)];
  const [sums, scale] = [kernels.reserve(8 * ROW_SUMS * (classes - 1)), kernels.reserve(8)];
  const rows = kernels.floats(first, classes * piece);
  const parts = kernels.doubles(sums, ROW_SUMS * (classes - 1));
  const factor = kernels.doubles(scale, 1);
  const norms = new Float64Array(classes);

  /** Copies `units` of a row of the Jacobian to a place among the rows. */
  const load = (row: number, unit: number, units: number, place: number): void => {
    const from = row * size + unit;
    rows.set(jacobian.subarray(from, from + units), place * units);
  };
  const forEachPiece = (body: (unit: number, units: number) => void): void => {
    for (let unit = 0; unit < size; unit += piece) body(unit, Math.min(piece, size - unit));
  };
  const widen = (units: number): void => kernels.run("widen", tilesOf(units), { x: first, y: base, units });

  for (let n = 0; n * classes < logits.length; n++) {
    const row = n * classes;
    parts.fill(0);
    forEachPiece((unit, units) => {
      if (units === size) rows.set(jacobian.subarray(row * size, (row + classes) * size));
      else for (let k = 0; k < classes; k++) load(row + k, unit, units, k);
      widen(units);
      kernels.run("row_sums", classes - 1, { a: first + 4 * units, units, base, sums, order });
    });
    for (let k = 1; k < classes; k++) norms[k] = normOfSums(parts, ROW_SUMS * (k - 1), order);
    const step = nearestStep(rules, norm, logits.subarray(row, row + classes), norms);
    chosen[n] = step.chosen;
    distances[n] = step.distance;
    if (step.chosen === 0) {
      steps.fill(0, n * size, (n + 1) * size);
      continue;
    }
    factor[0] = step.scale;
    forEachPiece((unit, units) => {
      // A whole image is still in memory.
      const place = units === size ? step.chosen : 1;
      if (units < size) {
        load(row, unit, units, 0);
        load(row + step.chosen, unit, units, place);
        widen(units);
      }
      const x = first + 4 * place * units;
      kernels.run("row_step", tilesOf(units), { x, base, scale, order, y: x, units });
      steps.set(rows.subarray(place * units, (place + 1) * units), n * size + unit);
    });
  }
}
