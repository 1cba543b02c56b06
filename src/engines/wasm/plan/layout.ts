import { EngineError } from "../../../errors.js";
import type { Constants } from "../../../kernels/wasm/lowering.js";
import { Buffer, type Entry, Place } from "../../../kernels/wasm/tape.js";
import { counting, type Tell } from "../../../network/progress.js";

const ALIGNMENT = 64;
/** Pages of 64 KiB; WebAssembly's limit for 32-bit addresses. */
const MAX_PAGES = 65536;

/**
 * Decides where everything lies in linear memory: fixed data and activations one after the other, temporaries
 * (cotangents) packed by lifetime, since a cotangent dies with the step that reads it last.
 */
export class Layout {
  // Address 0 means "none" in kernel fields.
  private top = ALIGNMENT;
  /** Where temporaries begin, once they are placed. */
  private temporaries = Infinity;
  private readonly constant = new Set<Buffer>();
  private readonly data: { readonly at: Buffer; readonly values: Constants; readonly later: boolean }[] = [];

  /** Room that lasts as long as the engine. Contents start as zeros. */
  reserve(bytes: number): Buffer {
    const buffer = new Buffer(bytes);
    buffer.address = this.top;
    this.top += align(bytes);
    return buffer;
  }

  /** Constant data; one copy of it lies in linear memory. */
  place(values: Constants): Buffer {
    const buffer = this.reserve(bytesOf(values));
    this.initialise(buffer, values);
    return buffer;
  }

  /** The same for what gradients alone read: it is written when the first is wanted. */
  placeLater(values: Constants): Buffer {
    const buffer = this.reserve(bytesOf(values));
    this.data.push({ at: buffer, values, later: true });
    this.constant.add(buffer);
    return buffer;
  }

  /** First contents of a reserved buffer. */
  initialise(buffer: Buffer, values: Constants): void {
    this.data.push({ at: buffer, values, later: false });
    this.constant.add(buffer);
  }

  /**
   * Places the temporaries of each tape, first fit: a temporary lives from the first to the last entry of its
   * tape that names it. Tapes never run at the same time, so they share the room.
   */
  placeTemporaries(tapes: readonly (readonly Entry[])[]): void {
    this.temporaries = this.top;
    for (const entries of tapes) this.placeTape(entries, this.temporaries);
  }

  private placeTape(entries: readonly Entry[], base: number): void {
    const spans = new Map<Buffer, { first: number; last: number }>();
    entries.forEach((e, i) => {
      for (const field of Object.values(e.fields)) {
        const buffer = field instanceof Place ? field.buffer : field;
        if (!(buffer instanceof Buffer) || buffer.address >= 0) continue;
        const span = spans.get(buffer);
        if (span) span.last = i;
        else spans.set(buffer, { first: i, last: i });
      }
    });
    const placed: { buffer: Buffer; first: number; last: number }[] = [];
    for (const [buffer, span] of spans) {
      const rivals = placed
        .filter((p) => p.first <= span.last && span.first <= p.last)
        .sort((a, b) => a.buffer.address - b.buffer.address);
      let at = base;
      for (const { buffer: other } of rivals) {
        if (at + align(buffer.bytes) <= other.address) break;
        at = Math.max(at, other.address + align(other.bytes));
      }
      buffer.address = at;
      placed.push({ buffer, ...span });
      this.top = Math.max(this.top, at + align(buffer.bytes));
    }
  }

  /** True for what is there from the beginning, and stays as it is. */
  isConstant(buffer: Buffer): boolean {
    return this.constant.has(buffer);
  }

  /**
   * How a copy of some buffers may lie, byte offsets from its start: temporaries keep their places beside each other, which
   * are taken in turns.
   */
  extentOf(buffers: ReadonlySet<Buffer>): { bytes: number; offsets: ReadonlyMap<Buffer, number> } {
    const offsets = new Map<Buffer, number>();
    let bytes = 0;
    let end = this.temporaries;
    for (const buffer of buffers)
      if (buffer.address >= this.temporaries) end = Math.max(end, buffer.address + align(buffer.bytes));
      else {
        offsets.set(buffer, bytes);
        bytes += align(buffer.bytes);
      }
    for (const buffer of buffers)
      if (buffer.address >= this.temporaries) offsets.set(buffer, bytes + buffer.address - this.temporaries);
    return { bytes: bytes + end - this.temporaries, offsets };
  }

  /** Bytes that are still to be had. */
  get left(): number {
    return 65536 * MAX_PAGES - this.top;
  }

  /** The finished layout: how much memory, and what lies in it at first. */
  finish(): { pages: number; segments: Segment[] } {
    const pages = Math.ceil(this.top / 65536);
    if (pages > MAX_PAGES)
      throw new EngineError(
        `compile: the network needs ${(this.top / 2 ** 30).toFixed(1)} GiB on the wasm engine, which can address 4 GiB`,
      );
    return { pages, segments: this.data.map(({ at, ...rest }) => ({ address: at.address, ...rest })) };
  }
}

/** Constant data and where they lie. */
export interface Segment {
  readonly address: number;
  readonly values: Constants;
  /** Not needed before the first gradient. */
  readonly later: boolean;
}

/** This machine, or this page, has not so much memory. */
export class OutOfMemory extends EngineError {
  static override readonly name = "EngineError";
}

/**
 * Makes the memory of a layout and writes its segments but the later ones; packed weights are packed right there.
 *
 * @param tell of "weights"
 */
export function createMemory(
  pages: number,
  segments: readonly Segment[],
  shared: boolean,
  tell?: Tell,
): WebAssembly.Memory {
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: shared ? pages : MAX_PAGES, shared });
  } catch (cause) {
    throw new OutOfMemory(`compile: could not allocate ${pages / 16} MiB for the wasm engine`, { cause });
  }
  const first = segments.filter(({ later }) => !later);
  const count = tell && countingSegments(first, tell);
  for (const segment of first) {
    writeSegment(memory, segment);
    count?.(bytesOf(segment.values));
  }
  return memory;
}

/** Writes the segments that {@link createMemory} left out, once. */
export function writingLater(memory: WebAssembly.Memory, segments: readonly Segment[]): () => void {
  let later: readonly Segment[] = segments.filter((segment) => segment.later);
  return () => {
    for (const segment of later) writeSegment(memory, segment);
    later = [];
  };
}

function writeSegment({ buffer }: WebAssembly.Memory, { address, values }: Segment): void {
  if (ArrayBuffer.isView(values)) new Uint8Array(buffer).set(bytesIn(values), address);
  else values.write(new Float32Array(buffer, address, values.length));
}

/** Tells how many bytes of the segments are where they belong. */
export function countingSegments(segments: readonly Segment[], tell: Tell | undefined) {
  return counting(
    tell,
    "weights",
    segments.reduce((sum, { values }) => sum + bytesOf(values), 0),
  );
}

/** The bytes of a segment, which are nobody else's. */
export function segmentBytes({ values }: Segment): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(values)) return bytesIn(values).slice() as Uint8Array<ArrayBuffer>;
  const floats = new Float32Array(values.length);
  values.write(floats);
  return new Uint8Array(floats.buffer);
}

function bytesOf(values: Constants): number {
  return ArrayBuffer.isView(values) ? values.byteLength : 4 * values.length;
}

const bytesIn = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function align(bytes: number): number {
  return Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;
}
