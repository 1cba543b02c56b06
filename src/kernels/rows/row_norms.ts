import type { DualNorm } from "../row_norms/reference.js";
import { normOfSums, ROW_SUMS } from "../row_norms/row_sums.js";
import type { RowInstance } from "../wasm/row_instance.js";
import { BLOCK_ROWS, BLOCK_VALUES, blocksOf } from "./blocks.js";

/**
 * `rowNorms` of `row_norms/reference.ts` on the kernels: within (size / 8 + 6) 2^-53 of the exact norms, relatively. The
 * order of every sum depends on `size` alone.
 *
 * @param matrix `[M][size]`
 * @param at where to copy the blocks of the matrix, the last of which stays; default: anywhere
 */
export function rowNorms(
  kernels: RowInstance,
  matrix: Float32Array,
  size: number,
  q: DualNorm,
  at?: number,
): Float64Array {
  if (at === undefined) kernels.reset();
  const a = at ?? kernels.reserve(4 * BLOCK_VALUES);
  const sums = kernels.reserve(8 * ROW_SUMS * BLOCK_ROWS);
  const [values, parts] = [kernels.floats(a, BLOCK_VALUES), kernels.doubles(sums, ROW_SUMS * BLOCK_ROWS)];
  const norms = new Float64Array(matrix.length / size);
  for (const block of blocksOf(norms.length, size)) {
    const { row, rows, units } = block;
    values.set(matrix.subarray(block.start, block.start + block.values));
    if (block.begins) parts.fill(0, 0, ROW_SUMS * rows);
    kernels.run("row_sums", rows, { a, units, base: 0, sums, order: q });
    if (block.ends) for (let m = 0; m < rows; m++) norms[row + m] = normOfSums(parts, ROW_SUMS * m, q);
  }
  return norms;
}
