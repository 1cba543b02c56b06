import type { Pair } from "../node.js";
import { TUNING, type Tuning } from "../wasm/tuning.js";
import type { Geometry } from "./geometry.js";

/** How the weights of a convolution without groups are cut up for `conv_vjp`. */
export interface VjpBlocks {
  /** Input channels whose weights lie together: all, or a multiple of `vjpBlockStep`. */
  readonly channels: number;
  /** Filters that one call sums over: all, or a multiple of 4; calls accumulate. */
  readonly filters: number;
}

/**
 * Blocks of weights that fit a second-level cache. Layers with several taps are cut along the filters too: not only
 * their weights but also the cotangents under a row of pixels then stay in the cache, and a list of live outputs
 * serves more inputs.
 */
export function vjpBlocks(
  { taps, depth, filters }: Pick<Geometry, "taps" | "depth" | "filters">,
  { vjpBlockBytes, vjpBlockStep, vjpBlockChannels }: Tuning,
): VjpBlocks {
  const fitting = (others: number, unit: number): number =>
    Math.max(unit, Math.floor(vjpBlockBytes / (4 * taps * others) / unit) * unit);
  const channels = Math.min(depth, fitting(filters, vjpBlockStep));
  if (taps === 1 || channels >= Math.min(depth, vjpBlockChannels)) return { channels, filters };
  const wide = Math.min(depth, vjpBlockChannels);
  const parts = Math.ceil(filters / fitting(wide, 4));
  return { channels: wide, filters: 4 * Math.ceil(filters / parts / 4) };
}

/** Bytes of the pairs of a column of outputs, all live. */
const columnBytes = (kernelHeight: number, filters: number): number => 8 * kernelHeight * filters;

/** Pairs are written in rounds, which reach past the last. */
const SLACK = 128;

/** The room of `conv_vjp` for lists of live outputs of `filters`: its field `listBytes`, and the bytes of its scratch. */
export function vjpScratch(
  [kernelHeight, kernelWidth]: Pair,
  outWidth: number,
  filters: number,
  { vjpWindows }: Tuning = TUNING,
): { listBytes: number; scratchBytes: number } {
  const window = kernelWidth * columnBytes(kernelHeight, filters);
  const listBytes = vjpWindows * window;
  return { listBytes, scratchBytes: 4 * outWidth + listBytes + window + SLACK };
}

/** The fields of `conv_vjp_grouped` that divide its scratch, see `wasm_vjp_gather_groups.ts`, and the bytes of that. */
export interface GroupScratch {
  readonly listBytes: number;
  readonly segmentBytes: number;
  readonly stateBytes: number;
  readonly scratchBytes: number;
}

/** @param chunk groups of a tile */
export function groupScratch(
  {
    kernel,
    dilations,
    outWidth,
    groupFilters,
  }: Pick<Geometry, "kernel" | "dilations" | "outWidth" | "groupFilters">,
  chunk: number,
  { vjpWindows, groupListBytes }: Tuning,
): GroupScratch {
  const column = columnBytes(kernel[0], groupFilters);
  const window = kernel[1] * column;
  const listBytes = Math.max(vjpWindows * window, Math.min(groupListBytes, outWidth * column));
  const columns = (kernel[1] - 1) * dilations[1] + 1;
  const segmentBytes = 16 * (columns + kernel[0] * kernel[1]);
  const starts = 4 * ((outWidth + 4) & ~3);
  // An odd number of cache lines: lists that lie a power of two apart would share a few sets of the cache.
  const stateBytes = 64 * (Math.ceil((starts + listBytes + window + SLACK) / 64) | 1);
  return { listBytes, segmentBytes, stateBytes, scratchBytes: 64 + segmentBytes + chunk * stateBytes };
}
