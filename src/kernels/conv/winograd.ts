/**
 * Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, arXiv:1509.09308): 2x2 outputs of a 3x3 convolution
 * from a 4x4 patch of inputs d with 16 multiplications instead of 36,
 *
 *   y = A^T [ (G w G^T) * (B^T d B) ] A
 *
 * B^T = | 1  0 -1  0 |   G = | 1    0    0  |   A^T = | 1  1  1  0 |
 *       | 0  1  1  0 |       | 1/2  1/2  1/2|         | 0  1 -1 -1 |
 *       | 0 -1  1  0 |       | 1/2 -1/2  1/2|
 *       | 0  1  0 -1 |       | 0    0    1  |
 */

/** Patches of one tile of `winograd_multiply`. */
export const PATCHES = 8;
/** Filters of one tile. */
export const FILTERS = 16;
/** Entries of a patch. */
export const POSITIONS = 16;
/** Bytes of scratch that `winograd_multiply` needs: the products of a tile. */
export const WINOGRAD_SCRATCH_BYTES = 4 * POSITIONS * PATCHES * FILTERS;

const G = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const TAPS = 9;
/** What each tap counts at each position, `[position][tap]`: powers of two, so that products with them are exact. */
const FACTORS = Float64Array.from({ length: POSITIONS * TAPS }, (_, n) => {
  const [position, tap] = [Math.floor(n / TAPS), n % TAPS];
  return G[position >> 2][Math.floor(tap / 3)] * G[position & 3][tap % 3];
});

/**
 * Weights for `winograd_multiply`: `G w G^T`, `[filter block of 16][position][depth][16]`, written to `packed`.
 *
 * @param weights HWIO, 3x3, filters a multiple of 16
 */
export function packWinograd(
  weights: Float32Array,
  depth: number,
  filters: number,
  packed: Float32Array = new Float32Array(POSITIONS * depth * filters),
): Float32Array {
  const w = new Float64Array(TAPS);
  for (let c = 0; c < depth; c++)
    for (let o = 0; o < filters; o++) {
      for (let tap = 0; tap < TAPS; tap++) w[tap] = weights[(tap * depth + c) * filters + o];
      const block = Math.floor(o / FILTERS);
      for (let position = 0; position < POSITIONS; position++) {
        let sum = 0;
        for (let tap = 0; tap < TAPS; tap++) sum += FACTORS[position * TAPS + tap] * w[tap];
        packed[((block * POSITIONS + position) * depth + c) * FILTERS + (o % FILTERS)] = sum;
      }
    }
  return packed;
}
