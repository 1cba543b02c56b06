import type { Reading } from "./reading.js";

/** Where a model's files come from: a folder on disk, a place on the web, or bytes in memory. */
export interface ModelSource {
  /** How messages call the model's main file. */
  readonly label: string;
  /** Whether looking for a file asks a server, which may not like to be asked for what it has not. */
  readonly remote: boolean;
  /**
   * Bytes of the main file.
   *
   * @param limitOf how long the file may be, from how it begins: a server may send without end; it is told the size as well,
   *   where that is known
   * @param reading is told of every block
   */
  read(
    limitOf: (head: Uint8Array, size: number | undefined) => number,
    reading: Reading,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Bytes of files beside it, joined in order. Sizes are compared before memory is reserved.
   *
   * @param files paths as segments, already checked, relative to the folder of the main file
   * @param bytes how many bytes are declared for them together
   * @param reading is told of every block, but expects them already
   * @returns memory of their own, which nobody else holds
   * @throws ModelError for a file that is missing, outside the folder, or of another size
   */
  readFiles(
    files: readonly (readonly string[])[],
    bytes: number,
    reading: Reading,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Bytes of one file beside it, of whatever size up to `most`; undefined where there is none.
   *
   * @param reading is told how much there is, where that is known, and of every block
   * @throws ModelError for a file that is there and cannot be read, or is longer
   */
  readBeside(
    file: readonly string[],
    most: number,
    reading?: Reading,
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** What reading may be stopped with. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** Blocks joined to `bytes` bytes. */
export function concatenate(blocks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(bytes);
  let offset = 0;
  for (const block of blocks) {
    joined.set(block, offset);
    offset += block.length;
  }
  return joined;
}
