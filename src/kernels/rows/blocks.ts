import { TILE_UNITS } from "../deepfool_step/loop_state.js";

/**
 * Values of a caller's array that lie in the kernels' memory at a time: 256 KiB, so that they are in the second-level
 * cache when a kernel reads them.
 */
export const BLOCK_VALUES = 65536;
/** Rows at a time, however short. */
export const BLOCK_ROWS = 1024;

/** Some whole rows of a matrix `[M][size]`, or a piece of one. */
export interface Block {
  /** Of all its values the first, in the matrix, and how many there are. */
  readonly start: number;
  readonly values: number;
  readonly row: number;
  readonly rows: number;
  /** How many of each row, and whether they are the first of it, or the last. */
  readonly units: number;
  readonly begins: boolean;
  readonly ends: boolean;
}

/** A matrix in blocks, one after the other; pieces of rows have a multiple of 8 units but for the last. */
export function blocksOf(count: number, size: number): readonly Block[] {
  const blocks: Block[] = [];
  const most = Math.min(BLOCK_ROWS, Math.max(1, Math.floor(BLOCK_VALUES / size)));
  for (let row = 0; row < count; row += most)
    for (let unit = 0; unit < size; unit += BLOCK_VALUES) {
      const [rows, units] = [Math.min(most, count - row), Math.min(BLOCK_VALUES, size - unit)];
      const [begins, ends] = [unit === 0, unit + units === size];
      blocks.push({ start: row * size + unit, values: rows * units, row, rows, units, begins, ends });
    }
  return blocks;
}

/** Tiles of the kernels that go unit by unit. */
export const tilesOf = (units: number): number => Math.ceil(units / TILE_UNITS);
