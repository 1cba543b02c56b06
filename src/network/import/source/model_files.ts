/** Bytes in memory, or what holds them: in browsers a `File` of an input or a drop, too. */
export type ModelBytes = Uint8Array | ArrayBuffer | Blob;

/** The files of one model, as an input, a drop or a folder gives them: an array of `File`s, or a `FileList`. */
export type ModelFiles = readonly File[] | FileList;

export function isModelBytes(source: unknown): source is ModelBytes {
  return source instanceof Uint8Array || source instanceof ArrayBuffer || isBlob(source);
}

export function isModelFiles(source: unknown): source is ModelFiles {
  if (Array.isArray(source)) return source.length > 0 && source.every(isBlob);
  return typeof FileList !== "undefined" && source instanceof FileList;
}

export function isBlob(source: unknown): source is Blob {
  return typeof Blob !== "undefined" && source instanceof Blob;
}
