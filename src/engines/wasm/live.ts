import type { FusedNetwork } from "../../network/fuse.js";
import type { Layout } from "./layout.js";
import { Buffer, type Entry, entry, type Field, f32, Place } from "./tape.js";

/** The units of a value that let cotangents through: those whose entry in `values` lies inside `(low, high)`. */
export interface Mask {
  readonly values: Buffer;
  readonly low: number;
  readonly high: number;
  /** Set if only a max pool reads the value: `values` marks the winners. The backward pass fills it. */
  readonly winners?: true;
}

/**
 * The cotangents of a value, `[unit][lane]`. Under a mask they are defined at live units only. With
 * `candidates` they are zero in every channel that is not a candidate class.
 */
export interface Cotangent {
  readonly buffer: Buffer;
  readonly mask?: Mask;
  readonly candidates: boolean;
  /**
   * The cotangents lie as the entries of its live lists do, one beside the other along an image row: less memory is
   * touched, one line after the other. See `compact.ts`.
   */
  readonly compact?: true;
  /** Set if this is a slice of channels of a wider tensor: its first channel there, that tensor's channels, and itself. */
  readonly slice?: { readonly first: number; readonly channels: number; readonly of: Cotangent };
}

/** A table of live lists, in the form of `live_list/wasm.ts`. */
export interface LiveTable {
  readonly table: Field;
  /** Bytes from one pixel's row of the table to the next; 0: every pixel has the same list. */
  readonly pitch: number;
  readonly blocks: number;
  /** Where the entries begin; 0: not in the order of any compact cotangent. */
  readonly entries: Field;
}

/** The field by which a kernel finds a cotangent: where the entries begin if it is compact, else 0, by its channel. */
export const entriesField = ({ compact }: Cotangent, { entries }: LiveTable): Field =>
  compact ? entries : 0;

/** The byte table that compacts four indices by a four-bit mask; see `live_list`. */
export function livePatterns(): Uint8Array {
  const patterns = new Uint8Array(256);
  for (let mask = 0; mask < 16; mask++) {
    let to = 16 * mask;
    for (let lane = 0; lane < 4; lane++)
      if (mask & (1 << lane)) for (let byte = 0; byte < 4; byte++) patterns[to++] = 4 * lane + byte;
  }
  return patterns;
}

/** Makes live tables on demand and emits what fills them; equal requests share one table. */
export class LiveTables {
  private readonly made = new Map<string, LiveTable>();
  private readonly identities = new Map<Buffer, number>();

  constructor(
    private readonly constants: LiveConstants,
    private readonly emit: (e: Entry) => void,
  ) {}

  /**
   * The live channels of each pixel of `[height, width, channels]` in blocks of `block` channels.
   *
   * @param anyBlock a table of other blocks will do, since whole rows are read
   */
  table(
    of: Cotangent,
    [height, width, channels]: readonly [number, number, number],
    block: number,
    anyBlock: boolean,
    label: string,
  ): LiveTable {
    if (!of.mask) return of.candidates ? this.constants.candidateTable : this.constants.all(channels, block);
    const prefix = `${this.identity(of.mask.values)}/${of.mask.low}/${of.mask.high}/${of.candidates}/${height}x${width}/`;
    if (anyBlock) for (const [key, table] of this.made) if (key.startsWith(prefix)) return table;
    const key = prefix + block;
    const known = this.made.get(key);
    if (known) return known;
    const blocks = of.candidates ? 1 : Math.ceil(channels / block);
    // Table and lists are one buffer: who reads the table follows it to the lists, so both must live as long.
    const pixels = height * width;
    const tableBytes = 16 * Math.ceil((pixels * (blocks + 1)) / 4);
    const room = new Buffer(tableBytes + 4 * pixels * channels + 32);
    const entries = new Place(room, tableBytes);
    const made = { table: room, pitch: 4 * (blocks + 1), blocks, entries };
    const shared = {
      values: of.mask.values,
      low: f32(of.mask.low),
      high: f32(of.mask.high),
      channels,
      table: made.table,
      entries,
    };
    this.emit(
      of.candidates
        ? entry("live_list_of_candidates", label, pixels, {
            ...shared,
            candidates: this.constants.candidateTable.table,
          })
        : entry("live_list", label, height, {
            ...shared,
            width,
            block,
            blocks,
            patterns: this.constants.patterns,
          }),
    );
    this.made.set(key, made);
    return made;
  }

  private identity(buffer: Buffer): number {
    const known = this.identities.get(buffer);
    if (known !== undefined) return known;
    this.identities.set(buffer, this.identities.size);
    return this.identities.size - 1;
  }
}

/** Lists that do not change with the image, and the room for the candidate classes. */
export class LiveConstants {
  readonly patterns: Buffer;
  /** Room for the sorted candidate classes of a backward pass; the engine writes them and the table. */
  readonly candidates: Buffer;
  readonly candidateBounds: Buffer;
  readonly candidateTable: LiveTable;
  private readonly whole = new Map<string, LiveTable>();

  constructor(private readonly layout: Layout) {
    this.patterns = layout.place(livePatterns());
    this.candidates = layout.reserve(4 * MAX_CANDIDATES + 32);
    this.candidateBounds = layout.reserve(8);
    this.candidateTable = { table: this.candidateBounds, pitch: 0, blocks: 1, entries: 0 };
  }

  /** Every channel, at every pixel. */
  all(channels: number, block: number): LiveTable {
    const key = `${channels}/${block}`;
    const known = this.whole.get(key);
    if (known) return known;
    const entries = this.layout.place(Int32Array.from({ length: channels + 8 }, (_, c) => c));
    const blocks = Math.ceil(channels / block);
    const bounds = Int32Array.from(
      { length: blocks + 1 },
      (_, b) => entries.address + 4 * Math.min(channels, b * block),
    );
    const made = { table: this.layout.place(bounds), pitch: 0, blocks, entries: 0 };
    this.whole.set(key, made);
    return made;
  }
}

/** The most classes that one backward pass carries, the class they are differenced with included. */
export const MAX_CANDIDATES = 13;

/** Values whose channels are the classes one to one, all the way to the logits. */
export function candidateValues(network: FusedNetwork): Set<string> {
  const readers = countReaders(network);
  // As they are stored: what reads a value may have reshaped it.
  const channels = new Map([[network.input, network.inputShape.at(-1)]]);
  for (const { output, node } of network.steps) channels.set(output, node.shape.at(-1));
  const found = new Set<string>();
  const add = (name: string): void => {
    if (channels.get(name) === network.classes && readers.get(name) === 1) found.add(name);
  };
  add(network.output);
  for (const step of [...network.steps].reverse()) {
    const { op, inputShapes } = step.node;
    if (found.has(step.output) && CHANNELWISE.has(op) && inputShapes[0].at(-1) === network.classes)
      add(step.inputs[0]);
  }
  return found;
}

const CHANNELWISE = new Set(["GlobalAveragePool", "AveragePool", "Relu", "Clip", "BatchNormalization"]);

/** How often each value is read, as an input, as a residual or as the network's output. */
export function countReaders(network: FusedNetwork): Map<string, number> {
  const readers = new Map<string, number>([[network.output, 1]]);
  const add = (name: string): void => {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  };
  for (const step of network.steps) {
    step.inputs.forEach(add);
    if (step.residual) add(step.residual);
  }
  return readers;
}
