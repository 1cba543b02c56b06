/** What is told of a file by its first bytes alone, before anything else is loaded for it. */

/** A topology is a few megabytes. */
const LARGEST_JSON = 2 ** 28;
/** What an ArrayBuffer may be everywhere. */
const LARGEST_FILE = 2 ** 31 - 1;

/** How long a file may be that begins so. */
export function limitOf(head: Uint8Array): number {
  return isJson(head) ? LARGEST_JSON : LARGEST_FILE;
}

export function isJson(bytes: Uint8Array): boolean {
  const text = ascii(bytes, 0, 64).replace(/^\u00ef\u00bb\u00bf/, "");
  return /^\s*[{[]/.test(text);
}

export function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
