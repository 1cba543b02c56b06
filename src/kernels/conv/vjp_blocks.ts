/** How the weights of a convolution are cut up for `conv_vjp`. */
export interface VjpBlocks {
  /** Input channels whose weights lie together: all of a group, or a multiple of 16. */
  readonly channels: number;
  /** Filters that one call sums over: all of a group, or a multiple of 4; calls accumulate. */
  readonly filters: number;
}

/** A layer as far as its blocks depend on it; `depth` and `groupFilters` are those of one group. */
export interface BlockedLayer {
  readonly taps: number;
  readonly depth: number;
  readonly groups: number;
  readonly groupFilters: number;
}

/** Bytes of a block of weights that should stay in a second-level cache beside the cotangents. */
const BLOCK_BYTES = 384 * 1024;
/** Fewer input channels than this would not be worth listing the live outputs under a pixel. */
const LEAST_CHANNELS = 64;

/**
 * Blocks of weights that fit a second-level cache. Layers with several taps are cut along the filters too: not only
 * their weights but also the cotangents under a row of pixels then stay in the cache, and a list of live outputs
 * serves more inputs.
 */
export function vjpBlocks({ taps, depth, groups, groupFilters }: BlockedLayer): VjpBlocks {
  if (groups > 1) return { channels: depth, filters: groupFilters };
  const fitting = (others: number, unit: number): number =>
    Math.max(unit, Math.floor(BLOCK_BYTES / (4 * taps * others) / unit) * unit);
  const channels = Math.min(depth, fitting(groupFilters, 16));
  if (taps === 1 || channels >= Math.min(depth, LEAST_CHANNELS)) return { channels, filters: groupFilters };
  const wide = Math.min(depth, LEAST_CHANNELS);
  const parts = Math.ceil(groupFilters / fitting(wide, 4));
  return { channels: wide, filters: 4 * Math.ceil(groupFilters / parts / 4) };
}

/** Windows of columns, every output in them live, that fit before the lists of `conv_vjp` start over. */
const WINDOWS = 2;

/** The room of `conv_vjp` for lists of live outputs: its field `listBytes`, and the bytes of its scratch. */
export function vjpScratch(
  [kernelHeight, kernelWidth]: readonly [number, number],
  outWidth: number,
  filters: number,
): { listBytes: number; scratchBytes: number } {
  const columnBytes = 8 * kernelHeight * filters;
  const listBytes = WINDOWS * kernelWidth * columnBytes;
  return { listBytes, scratchBytes: 4 * outWidth + listBytes + kernelWidth * columnBytes + 128 };
}
