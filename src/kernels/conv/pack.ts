/*
 * Weights laid out for kernels. Each is written to `packed`, which holds zeros: by default an array of its own, else where
 * it shall lie.
 */

/** Rows of weights that are packed together. */
const NEAR = 16;

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
  packed: Float32Array = new Float32Array(forwardLength(taps, depth, filters, block)),
): Float32Array {
  const [blocks, rows] = [Math.ceil(filters / block), taps * depth];
  // Some rows at a time: rows of a large layer lie far apart.
  for (let start = 0; start < rows; start += NEAR) {
    const end = Math.min(start + NEAR, rows);
    for (let b = 0; b < blocks; b++) {
      const width = Math.min(block, filters - b * block);
      for (let row = start; row < end; row++) {
        const from = row * allFilters + first + b * block;
        const to = (b * rows + row) * block;
        for (let i = 0; i < width; i++) packed[to + i] = weights[from + i];
      }
    }
  }
  return packed;
}

/** Values of {@link packForward}, and of {@link packColumns}. */
export const forwardLength = (taps: number, depth: number, filters: number, block: number): number =>
  Math.ceil(filters / block) * taps * depth * block;

/** Filters of a tile of `conv_forward_sparse`. */
export const SPARSE_FILTERS = 16;
/** Rows of the kernels that go down the columns of an image: `conv_forward_sparse` and `conv_forward_columns`. */
export const SPARSE_ROWS = 3;

/** Weights for `conv_forward_sparse`: `packColumns` of all filters, 16 a block. */
export function packSparse(
  weights: Float32Array,
  kernelWidth: number,
  depth: number,
  filters: number,
  packed?: Float32Array,
): Float32Array {
  return packColumns(weights, kernelWidth, depth, filters, 0, filters, SPARSE_FILTERS, packed);
}

/**
 * Weights for kernels that go down columns: `[filter block][kernel column][depth][kernel row][block]`, the last block
 * zero-padded.
 *
 * @param weights HWIO, `[3][kernel width][depth][filters of all groups]`
 * @param first first filter of the group, `filters` how many
 */
export function packColumns(
  weights: Float32Array,
  kernelWidth: number,
  depth: number,
  allFilters: number,
  first: number,
  filters: number,
  block: number,
  packed: Float32Array = new Float32Array(forwardLength(SPARSE_ROWS * kernelWidth, depth, filters, block)),
): Float32Array {
  const row = kernelWidth * depth;
  for (let r = 0; r < SPARSE_ROWS; r++)
    for (let unit = 0; unit < row; unit++)
      for (let o = 0; o < filters; o++) {
        const to = ((Math.floor(o / block) * row + unit) * SPARSE_ROWS + r) * block + (o % block);
        packed[to] = weights[(r * row + unit) * allFilters + first + o];
      }
  return packed;
}

/** Channels that `conv_forward_grouped` takes in a round, where a group has a multiple of them; else 1. */
export const ROUND = 4;

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
  packed: Float32Array = new Float32Array(vjpLength(taps, depth, filters, block)),
): Float32Array {
  const blocks = Math.ceil(depth / block);
  for (let b = 0; b < blocks; b++) {
    const width = Math.min(block, depth - b * block);
    for (let t = 0; t < taps; t++) {
      const from = (t * depth + b * block) * allFilters + first;
      let to = (b * taps + t) * filters * block;
      for (let o = 0; o < filters; o++, to += block)
        for (let i = 0; i < width; i++) packed[to + i] = weights[from + i * allFilters + o];
    }
  }
  return packed;
}

/** Values of {@link packVjp}. */
export const vjpLength = (taps: number, depth: number, filters: number, block: number): number =>
  Math.ceil(depth / block) * taps * filters * block;

/**
 * Weights for `conv_gradient_live` and for the kernels of few channels: `[channel][kernel row][kernel column][filter]`, rows and columns turned round.
 *
 * @param weights HWIO
 */
export function packUnits(
  weights: Float32Array,
  taps: number,
  depth: number,
  filters: number,
  packed: Float32Array = new Float32Array(weights.length),
): Float32Array {
  for (let c = 0; c < depth; c++)
    for (let t = 0; t < taps; t++) {
      const from = ((taps - 1 - t) * depth + c) * filters;
      packed.set(weights.subarray(from, from + filters), (c * taps + t) * filters);
    }
  return packed;
}
