import type { Cotangent, LiveTable } from "../../../kernels/wasm/cotangents.js";
import type { Memory } from "../../../kernels/wasm/lowering.js";
import { Buffer, type Entry, entry, f32, Place } from "../../../kernels/wasm/tape.js";

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

  /** @param classes of the network: one cotangent may be of them all */
  constructor(
    private readonly memory: Memory,
    classes: number,
  ) {
    this.patterns = memory.place(livePatterns());
    this.candidates = memory.reserve(4 * classes + 32);
    this.candidateBounds = memory.reserve(8);
    this.candidateTable = { table: this.candidateBounds, pitch: 0, blocks: 1, entries: 0 };
  }

  /** Every channel, at every pixel. */
  all(channels: number, block: number): LiveTable {
    const key = `${channels}/${block}`;
    const known = this.whole.get(key);
    if (known) return known;
    const entries = this.memory.place(Int32Array.from({ length: channels + 8 }, (_, c) => c));
    const blocks = Math.ceil(channels / block);
    const bounds = Int32Array.from(
      { length: blocks + 1 },
      (_, b) => entries.address + 4 * Math.min(channels, b * block),
    );
    const made = { table: this.memory.place(bounds), pitch: 0, blocks, entries: 0 };
    this.whole.set(key, made);
    return made;
  }
}
