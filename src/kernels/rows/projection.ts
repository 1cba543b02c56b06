import { type BallNorm, ballScale, roundDownToFloat32 } from "../projection/reference.js";
import type { RowInstance } from "../wasm/row_instance.js";
import { BLOCK_VALUES, blocksOf, tilesOf } from "./blocks.js";
import { rowNorms } from "./row_norms.js";

/**
 * `project` of `projection/reference.ts` of each vector of a batch, on the kernels. The same float32 values for the
 * infinity-norm; for the 2-norm the factor is within (size / 8 + 8) 2^-53 of that of the exact norm.
 *
 * @param vectors `[N][size]`
 * @param out as long; may be the same memory
 * @returns false if a vector has a value that is not finite; then nothing is written
 */
export function project(
  kernels: RowInstance,
  vectors: Float32Array,
  size: number,
  radius: number,
  norm: BallNorm,
  out: Float32Array,
): boolean {
  kernels.reset();
  const [x, scale] = [kernels.reserve(4 * BLOCK_VALUES), kernels.reserve(8)];
  // A norm is finite if all values are: neither 1 nor 2 as q overflows in float64.
  const norms = rowNorms(kernels, vectors, size, norm === 2 ? 2 : 1, x);
  if (!norms.every(Number.isFinite)) return false;
  const [values, factor] = [kernels.floats(x, BLOCK_VALUES), kernels.doubles(scale, 1)];
  const bound = new Int32Array(Float32Array.of(roundDownToFloat32(radius)).buffer)[0];
  const blocks = blocksOf(norms.length, size);
  for (const block of blocks) {
    const { start, units } = block;
    if (blocks.length > 1) values.set(vectors.subarray(start, start + block.values));
    if (norm === Infinity)
      kernels.run("clamp_to_ball", tilesOf(block.values), { x, bound, y: x, units: block.values });
    else
      for (let m = 0; m < block.rows; m++) {
        const length = norms[block.row + m];
        if (!(length > radius)) continue;
        factor[0] = ballScale(length, radius);
        const row = x + 4 * m * units;
        kernels.run("scale_to_ball", tilesOf(units), { x: row, scale, y: row, units });
      }
    out.set(values.subarray(0, block.values), start);
  }
  return true;
}
