import type { WasmKernels } from "../wasm_kernel.js";

/** Live channels of every pixel, as kernels find them. */
export interface LiveLists {
  /** Fields: the table, bytes from a pixel's row of it to the next, where the entries begin. */
  readonly table: number;
  readonly pitch: number;
  readonly entries: number;
  /** Blocks of a row of the table. */
  readonly blocks: number;
  /** Which entry names a unit; -1: none. Where its cotangents lie, in units, if they are compact. */
  readonly places: Int32Array;
}

export interface ListedUnits {
  /** Whether unit `pixel * channels + c` is live. */
  readonly live: readonly boolean[];
  readonly channels: number;
  /** Pixels of an image row, whose lists lie one after the other. */
  readonly width: number;
  /** Channels of a block; default all. */
  readonly block?: number;
}

/** Entries that may be read after the last of a list. */
const SLACK = 8;

/**
 * The lists that `live_list` would make: rows of block boundaries, a poisoned word after each, and entries in the order of
 * the pixels of an image row. What no list names is poisoned: as an address it lies outside of all memory.
 */
export function liveLists(kernels: WasmKernels, units: ListedUnits): LiveLists {
  const { live, channels, width, block = channels } = units;
  const blocks = Math.ceil(channels / block);
  const entries = new Int32Array(live.length + SLACK).fill(-1);
  const places = new Int32Array(live.length).fill(-1);
  const boundaries: number[] = [];
  let next = 0;
  for (let pixel = 0; pixel * channels < live.length; pixel++) {
    if (pixel % width === 0) next = pixel * channels;
    for (let c = 0; c < channels; c++) {
      if (c % block === 0) boundaries.push(next);
      if (!live[pixel * channels + c]) continue;
      places[pixel * channels + c] = next;
      entries[next++] = c;
    }
    boundaries.push(next, -1);
  }
  const { at } = kernels.input(entries);
  const table = kernels.input(Int32Array.from(boundaries, (entry) => (entry < 0 ? -1 : at + 4 * entry)));
  return { table: table.at, pitch: 4 * (blocks + 2), entries: at, blocks, places };
}

/** One list of every channel for all pixels: what kernels are given where nothing masks. */
export function everyChannel(
  kernels: WasmKernels,
  { live, channels, block = channels }: ListedUnits,
): LiveLists {
  const blocks = Math.ceil(channels / block);
  const entries = Int32Array.from({ length: channels + SLACK }, (_, c) => (c < channels ? c : -1));
  const { at } = kernels.input(entries);
  const boundaries = Int32Array.from(
    { length: blocks + 1 },
    (_, b) => at + 4 * Math.min(channels, b * block),
  );
  const places = Int32Array.from(live, (_, u) => u);
  return { table: kernels.input(boundaries).at, pitch: 0, entries: 0, blocks, places };
}
