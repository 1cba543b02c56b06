/**
 * Values that are laid out for a kernel where they will lie, when memory is there: packed weights may be as large as the
 * model, and nobody needs them twice.
 */
export interface Packing {
  /** Float32 values. */
  readonly length: number;
  /** Writes them to `packed`, which holds `length` zeros. */
  readonly write: (packed: Float32Array) => unknown;
}

/** Several, one after the other. */
export function joined(parts: readonly Packing[]): Packing {
  return {
    length: parts.reduce((sum, { length }) => sum + length, 0),
    write(packed) {
      let at = 0;
      for (const { length, write } of parts) {
        write(packed.subarray(at, at + length));
        at += length;
      }
    },
  };
}
