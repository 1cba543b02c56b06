import type { Lanes } from "../../../kernels/wasm/lowering.js";
import {
  Buffer,
  type Entry,
  encode,
  entry,
  Place,
  type Tape,
  tapeBytes,
} from "../../../kernels/wasm/tape.js";
import type { Tuning } from "../../../kernels/wasm/tuning.js";
import type { DeepfoolAddresses, DeepfoolTape } from "./deepfool_tape.js";
import type { Layout } from "./layout.js";

/** The tapes of a backward pass of up to `lanes` cotangents, in memory `[unit][stride]`. */
export interface BackwardTapes {
  readonly lanes: Lanes;
  readonly stride: 4 | 8 | 12;
  /** From seeded logits to cotangents of the pixels. */
  readonly gradient: Tape;
  /** Lanes to rows, `[lane][unit]`, at `rows`. */
  readonly rows: Tape;
}

/** Byte addresses and tapes of one image among several. */
export interface ImagePlan {
  readonly addresses: {
    readonly pixels: number;
    readonly logits: number;
    readonly seeds: number;
    readonly rows: number;
    /** The gradient of the pixels that comes of one cotangent, `[units]`. */
    readonly gradient: number;
    readonly candidates: number;
    readonly candidateBounds: number;
  };
  readonly forward: Tape;
  /** A forward pass after which there is no backward pass. */
  readonly scores: Tape;
  /** The backward pass of one cotangent, from seeds `[classes]`. */
  readonly single: Tape;
  /** The DeepFool loop, and memory of its own; where there are passes of several lanes. */
  readonly deepfool?: DeepfoolPlan;
  /** By rising number of lanes; none where their memory would be too much for several images. */
  readonly backward: readonly BackwardTapes[];
}

/** The DeepFool loop; see `deepfool_tape.ts`. */
export interface DeepfoolPlan {
  readonly tape: Tape;
  /** Where on the tape the backward passes begin, by rising number of lanes. */
  readonly passes: readonly { readonly lanes: Lanes; readonly stride: number; readonly at: number }[];
  readonly room: DeepfoolAddresses;
}

/** A tape of one entry that runs others, each on one thread; see `run_tapes`. */
export interface TogetherPlan {
  readonly tape: Tape;
  /** Byte address of the table of their beginnings and ends. */
  readonly table: number;
}

/** The first image: what it owns, and what computes with it. */
interface FirstImage {
  readonly passes: Readonly<Record<"forward" | "scores" | "single", readonly Entry[]>>;
  readonly plans: readonly {
    readonly lanes: Lanes;
    readonly stride: 4 | 8 | 12;
    readonly gradient: readonly Entry[];
    readonly rows: readonly Entry[];
  }[];
  readonly deepfool: DeepfoolTape;
  readonly own: Readonly<Record<keyof ImagePlan["addresses"], Buffer>>;
  /** Where its tapes are. */
  readonly tapeOf: (entries: readonly Entry[]) => Tape;
}

/**
 * An image for each thread where their memory is small enough, or where it would be without rows of several lanes; else one.
 * Call once all buffers have addresses.
 *
 * @param shared buffers that tapes write but no image owns: scratch is a thread's
 */
export function planImages(
  layout: Layout,
  { passes, plans, deepfool, own, tapeOf }: FirstImage,
  threads: number,
  { imageBytes }: Tuning,
  shared: readonly Buffer[],
): { images: readonly [ImagePlan, ...ImagePlan[]]; together: TogetherPlan } {
  const lanes = plans.flatMap((p) => [
    [`gradient${p.lanes}`, p.gradient] as const,
    [`rows${p.lanes}`, p.rows] as const,
  ]);
  const some = new Map<string, readonly Entry[]>(Object.entries(passes));
  const all = new Map([...some, ...lanes, ["deepfool", deepfool.entries] as const]);
  // Marks say where the latest copy of the tape has them.
  const marks = () => deepfool.passes.map(({ mark }) => mark.address);
  const first = { placeOf: ({ address }: Buffer) => address, marks: marks(), tapes: mapValues(all, tapeOf) };
  const constant = (buffer: Buffer): boolean => shared.includes(buffer) || layout.isConstant(buffer);
  const copies = (tapes: typeof all): Room[] =>
    threads > 1
      ? copyForImages(layout, tapes, threads - 1, imageBytes, constant, Object.values(own), marks)
      : [];
  const further = copies(all);
  const rooms: Room[] = [first, ...(further.length > 0 ? further : copies(some))];
  const images = rooms.map(({ placeOf, tapes, marks: at }): ImagePlan => {
    const tape = (name: string) => tapes.get(name) as Tape;
    const addresses = [...Object.entries(own)].map(([name, buffer]) => [name, placeOf(buffer)]);
    return {
      addresses: Object.fromEntries(addresses) as ImagePlan["addresses"],
      forward: tape("forward"),
      scores: tape("scores"),
      single: tape("single"),
      backward: plans
        .filter((p) => tapes.has(`rows${p.lanes}`))
        .map((p) => ({
          lanes: p.lanes,
          stride: p.stride,
          gradient: tape(`gradient${p.lanes}`),
          rows: tape(`rows${p.lanes}`),
        })),
      ...(tapes.has("deepfool") && {
        deepfool: {
          tape: tape("deepfool"),
          passes: deepfool.passes.map(({ lanes: count, stride }, i) => ({ lanes: count, stride, at: at[i] })),
          room: deepfool.addresses(placeOf),
        },
      }),
    };
  });
  return { images: images as [ImagePlan, ...ImagePlan[]], together: planTogether(layout, rooms.length) };
}

/** Where the buffers of an image lie, and its tapes. */
interface Room {
  readonly placeOf: (buffer: Buffer) => number;
  readonly tapes: ReadonlyMap<string, Tape>;
  /** Addresses of the marks on its tape of DeepFool. */
  readonly marks: readonly number[];
}

/**
 * A copy of every buffer that the tapes name but constants, and of those `owned` besides, and of the tapes, which then name the
 * copies.
 *
 * @param most bytes that the copies may take; where they would take more there are none
 */
function copyForImages(
  layout: Layout,
  tapes: ReadonlyMap<string, readonly Entry[]>,
  count: number,
  most: number,
  constant: (buffer: Buffer) => boolean,
  owned: readonly Buffer[],
  marks: () => readonly number[],
): Room[] {
  const all = [...tapes.values()];
  const named = all.flatMap(buffersOf).filter((buffer) => !constant(buffer));
  const room = layout.extentOf(new Set([...named, ...owned]));
  const bytes = room.bytes + all.reduce((sum, entries) => sum + tapeBytes(entries), 0);
  if (count * bytes > Math.min(most, layout.left)) return [];
  return Array.from({ length: count }, () => {
    const base = layout.reserve(room.bytes).address;
    const placeOf = (buffer: Buffer): number => {
      const offset = room.offsets.get(buffer);
      return offset === undefined ? buffer.address : base + offset;
    };
    const written = mapValues(tapes, (entries) => write(layout, entries, placeOf));
    return { placeOf, tapes: written, marks: marks() };
  });
}

/** The tape that runs up to `count` others side by side. */
function planTogether(layout: Layout, count: number): TogetherPlan {
  const table = layout.reserve(8 * count);
  return {
    tape: write(layout, [entry("run_tapes", "images", count, { table })]),
    table: table.address,
  };
}

function write(layout: Layout, entries: readonly Entry[], placeOf?: (buffer: Buffer) => number): Tape {
  const at = layout.reserve(tapeBytes(entries));
  const { bytes, tape } = encode(entries, at.address, placeOf);
  layout.initialise(at, bytes);
  return tape;
}

function buffersOf(entries: readonly Entry[]): Buffer[] {
  return entries
    .flatMap((e) => Object.values(e.fields))
    .map((field) => (field instanceof Place ? field.buffer : field))
    .filter((field): field is Buffer => field instanceof Buffer);
}

function mapValues<K, A, B>(map: ReadonlyMap<K, A>, of: (value: A) => B): Map<K, B> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}
