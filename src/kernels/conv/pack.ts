/**
 * Weights for `conv_forward`: `[filter block][tap][depth][block]`, the last block zero-padded.
 *
 * @param weights HWIO, `[taps][depth][filters of all groups]`
 * @param first first filter of the group, `filters` how many
 */
export function packForward(
  weights: Float32Array,
  taps: number,
  depth: number,
  allFilters: number,
  first: number,
  filters: number,
  block: number,
): Float32Array {
  const blocks = Math.ceil(filters / block);
  const packed = new Float32Array(blocks * taps * depth * block);
  let to = 0;
  for (let b = 0; b < blocks; b++) {
    const width = Math.min(block, filters - b * block);
    for (let row = 0; row < taps * depth; row++) {
      const from = row * allFilters + first + b * block;
      for (let i = 0; i < width; i++) packed[to + i] = weights[from + i];
      to += block;
    }
  }
  return packed;
}

/** Filters of a tile of `conv_forward_sparse`. */
export const SPARSE_FILTERS = 16;
/** Rows of its kernels. */
export const SPARSE_ROWS = 3;

/**
 * Weights for `conv_forward_sparse`: `[filter block][kernel column][depth][kernel row][16]`, the last block
 * zero-padded.
 *
 * @param weights HWIO, `[3][kernel width][depth][filters]`
 */
export function packSparse(
  weights: Float32Array,
  kernelWidth: number,
  depth: number,
  filters: number,
): Float32Array {
  const row = kernelWidth * depth;
  const packed = new Float32Array(Math.ceil(filters / SPARSE_FILTERS) * row * SPARSE_ROWS * SPARSE_FILTERS);
  for (let r = 0; r < SPARSE_ROWS; r++)
    for (let unit = 0; unit < row; unit++)
      for (let o = 0; o < filters; o++) {
        const block = Math.floor(o / SPARSE_FILTERS);
        const to = ((block * row + unit) * SPARSE_ROWS + r) * SPARSE_FILTERS + (o % SPARSE_FILTERS);
        packed[to] = weights[(r * row + unit) * filters + o];
      }
  return packed;
}

/**
 * Weights for `conv_vjp`: `[channel block][tap][filter][block]`, the last block zero-padded.
 *
 * @param weights HWIO, `[taps][depth][filters of all groups]`
 * @param first first filter of the group, `filters` how many
 */
export function packVjp(
  weights: Float32Array,
  taps: number,
  depth: number,
  allFilters: number,
  first: number,
  filters: number,
  block: number,
): Float32Array {
  const blocks = Math.ceil(depth / block);
  const packed = new Float32Array(blocks * taps * filters * block);
  for (let b = 0; b < blocks; b++) {
    const width = Math.min(block, depth - b * block);
    for (let t = 0; t < taps; t++)
      for (let i = 0; i < width; i++) {
        const from = (t * depth + b * block + i) * allFilters + first;
        let to = (b * taps + t) * filters * block + i;
        for (let o = 0; o < filters; o++, to += block) packed[to] = weights[from + o];
      }
  }
  return packed;
}
