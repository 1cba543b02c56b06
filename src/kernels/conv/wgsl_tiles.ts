import type { Tile } from "./wgsl.js";

/**
 * Tiles of the implicit matrix product. The large ones keep 64 sums an invocation, so that a step of the depth reads
 * 16 values of workgroup memory for 64 multiply-adds; the small ones fill a device with the few rows of a
 * single image or of a layer late in a network.
 */
export function tilesFor(columns: number): { readonly large: Tile; readonly small: Tile } {
  if (columns <= 4) {
    // The three channels of an image: a column of more would be mostly padding.
    const tile = { rows: 256, columns: 4, rowsEach: 4, columnsEach: 4, depth: 8 };
    return { large: tile, small: { ...tile, rows: 64, rowsEach: 1, depth: 16 } };
  }
  if (columns <= 16)
    return {
      large: { rows: 128, columns: 16, rowsEach: 8, columnsEach: 4, depth: 16 },
      small: { rows: 32, columns: 16, rowsEach: 2, columnsEach: 4, depth: 32 },
    };
  const small = { rows: 32, columns: 32, rowsEach: 4, columnsEach: 4, depth: 32 };
  if (columns <= 32)
    return { large: { rows: 128, columns: 32, rowsEach: 8, columnsEach: 4, depth: 16 }, small };
  return { large: { rows: 128, columns: 64, rowsEach: 8, columnsEach: 8, depth: 16 }, small };
}
