import { kernels } from "../../kernels/wasm/module.generated.js";

export type KernelName = keyof typeof kernels;
export type Fields<K extends KernelName> = (typeof kernels)[K]["fields"][number];

/** A stretch of linear memory whose address may be decided after it has been referred to. */
export class Buffer {
  address = -1;
  constructor(readonly bytes: number) {}
}

/** A 32-bit field of a kernel: an integer, an address inside a buffer, or float32 bits. */
export type Field = number | Buffer | Place | Float32Bits;
/** `offset` bytes into a buffer. */
export class Place {
  constructor(
    readonly buffer: Buffer,
    readonly offset: number,
  ) {}
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
  readonly fields: Readonly<Record<string, Field>>;
  /** The step it belongs to, for profiles: node name and operator. */
  readonly label: string;
}

/** The type-checked way to make an entry. */
export function entry<K extends KernelName>(
  kernel: K,
  label: string,
  tiles: number,
  fields: Readonly<Record<Fields<K>, Field>>,
): Entry {
  return { kernel, tiles, fields, label };
}

/** Bytes of the entries once encoded: `[kernel index, tiles, bytes, fields...]` each. */
export function tapeBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, e) => sum + 4 * (3 + kernels[e.kernel].fields.length), 0);
}

/** Writes entries at `address`; returns the address of each, and after them the end. */
export function encode(entries: readonly Entry[], memory: ArrayBufferLike, address: number): number[] {
  const words = new Uint32Array(memory);
  const floats = new Float32Array(memory);
  const starts = [address];
  let at = address / 4;
  for (const e of entries) {
    const { index, fields } = kernels[e.kernel];
    words[at] = index;
    words[at + 1] = e.tiles;
    words[at + 2] = 4 * (3 + fields.length);
    at += 3;
    for (const name of fields) {
      const value = e.fields[name];
      if (value instanceof Float32Bits) floats[at] = value.value;
      else if (value instanceof Buffer) words[at] = addressOf(value);
      else if (value instanceof Place) words[at] = addressOf(value.buffer) + value.offset;
      else words[at] = value;
      at++;
    }
    starts.push(4 * at);
  }
  return starts;
}

function addressOf(buffer: Buffer): number {
  if (buffer.address < 0) throw new Error("tape: buffer was never placed");
  return buffer.address;
}
