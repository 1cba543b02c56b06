import { kernels } from "./kernels.generated.js";

export type KernelName = keyof typeof kernels;
export type Fields<K extends KernelName> = (typeof kernels)[K][number];

/** A stretch of linear memory whose address may be decided after it has been referred to. */
export class Buffer {
  address = -1;
  constructor(readonly bytes: number) {}
}

/** A 32-bit field of a kernel: an integer, an address inside a buffer or on the tape, or float32 bits. */
export type Field = number | Buffer | Place | Mark | Float32Bits;
/** `offset` bytes into a buffer. */
export class Place {
  constructor(
    readonly buffer: Buffer,
    readonly offset: number,
  ) {}
}
/** An entry that others jump to; it gets its address when the tape is encoded. */
export class Mark {
  address = -1;
}
/** A float field. */
export class Float32Bits {
  constructor(readonly value: number) {}
}
export const f32 = (value: number): Float32Bits => new Float32Bits(value);

/** One kernel call. */
export interface Entry {
  readonly kernel: KernelName;
  /** Independent output tiles; any split of them gives the same bits. */
  readonly tiles: number;
  /**
   * Tiles lie in this many groups of equal size, all over the same pixels, such as those of a block of filters: a
   * thread then takes the same part of each group.
   */
  readonly groups: number;
  readonly fields: Readonly<Record<string, Field>>;
  /** The step it belongs to, for profiles. */
  readonly label: string;
  /** How many multiply-adds of layers it is; none if not given. */
  readonly work?: Work;
  readonly mark?: Mark;
  /** What follows, if not the next entry. */
  readonly next?: Mark;
}

/** Multiply-adds of a dense evaluation, and those really done. */
export interface Macs {
  readonly dense: number;
  readonly live: number;
}

/** The integer in a field of an entry, addresses resolved. */
export type ReadField = (name: string) => number;

/** Counts an entry's multiply-adds; `words` is the memory right after it ran, with the lists that decide what is skipped. */
export type Work = (words: Int32Array, field: ReadField) => Macs;

/** The type-checked way to make an entry. */
export function entry<K extends KernelName>(
  kernel: K,
  label: string,
  tiles: number,
  fields: Readonly<Record<Fields<K>, Field>>,
  { groups = 1, work }: { readonly groups?: number; readonly work?: Work } = {},
): Entry {
  return { kernel, tiles, fields, label, groups, ...(work && { work }) };
}

/** Bytes of the entries once encoded. */
export function tapeBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, e) => sum + 4 * (HEADER + kernels[e.kernel].length), 0);
}

/** A stretch of tape: address of each entry, and after them the end. */
export type Tape = readonly number[];

/**
 * The bytes of entries that will lie at `address`.
 *
 * @param placeOf where each buffer lies, if not where it says
 */
export function encode(
  entries: readonly Entry[],
  address: number,
  placeOf: (buffer: Buffer) => number = ownAddress,
): { bytes: Uint8Array; tape: Tape } {
  // The table of the module is in the same order.
  const indices = new Map(Object.keys(kernels).map((name, i) => [name, i]));
  const words = new Uint32Array(tapeBytes(entries) / 4);
  const floats = new Float32Array(words.buffer);
  const tape = [address];
  for (const e of entries) {
    const start = tape[tape.length - 1];
    if (e.mark) e.mark.address = start;
    tape.push(start + 4 * (HEADER + kernels[e.kernel].length));
  }
  let at = 0;
  for (const [i, e] of entries.entries()) {
    words[at] = indices.get(e.kernel) as number;
    words[at + TILES_WORD] = e.tiles;
    // Wraps around where the way leads back.
    words[at + 2] = (e.next ? addressOf(e.next) : tape[i + 1]) - tape[i];
    words[at + 3] = e.groups;
    at += HEADER;
    for (const name of kernels[e.kernel]) {
      const value = e.fields[name];
      if (value instanceof Float32Bits) floats[at] = value.value;
      else words[at] = addressOf(value, placeOf);
      at++;
    }
  }
  return { bytes: new Uint8Array(words.buffer), tape };
}

/** Words before an entry's fields: kernel index, number of tiles, bytes to the next entry, groups of tiles. */
const HEADER = 4;
/** Which of them says how many tiles. */
export const TILES_WORD = 1;

/** The integer in a field: an address, or the number itself. */
export function addressOf(
  field: Exclude<Field, Float32Bits>,
  placeOf: (buffer: Buffer) => number = ownAddress,
): number {
  if (typeof field === "number") return field;
  if (field instanceof Mark) return placed(field.address);
  return field instanceof Place ? placed(placeOf(field.buffer)) + field.offset : placed(placeOf(field));
}

const ownAddress = ({ address }: Buffer): number => address;

function placed(address: number): number {
  if (address < 0) throw new Error("tape: an address was never placed");
  return address;
}
