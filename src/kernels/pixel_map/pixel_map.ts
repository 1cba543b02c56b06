/**
 * A sparse matrix from input pixels to output pixels, the same for every channel: what average pooling, padding and
 * resampling are. The vjp is its transpose.
 */
export interface PixelMap {
  readonly inputs: number;
  readonly outputs: number;
  /** Calls back for every entry, in a fixed order. */
  readonly entries: (visit: (output: number, input: number, factor: number) => void) => void;
}

/** Compressed rows of a sparse matrix: row r has the entries `starts[r] .. starts[r + 1] - 1`. */
export interface CompressedRows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly factors: Float32Array;
}

/** Entries of a row keep the order in which they are visited. */
export function compressedRows(count: number, entries: PixelMap["entries"]): CompressedRows {
  const starts = new Int32Array(count + 1);
  entries((row) => {
    starts[row + 1]++;
  });
  for (let r = 0; r < count; r++) starts[r + 1] += starts[r];
  const columns = new Int32Array(starts[count]);
  const factors = new Float32Array(starts[count]);
  const next = starts.slice();
  entries((row, column, factor) => {
    const at = next[row]++;
    columns[at] = column;
    factors[at] = factor;
  });
  return { starts, columns, factors };
}

/** The rows of a map, or of its transpose. */
export function rowsOf({ inputs, outputs, entries }: PixelMap, transposed: boolean): CompressedRows {
  return transposed
    ? compressedRows(inputs, (visit) => entries((o, i, f) => visit(i, o, f)))
    : compressedRows(outputs, entries);
}
