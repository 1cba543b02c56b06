import { EngineError } from "../../api/errors.js";
import { plainModule, relaxedModule } from "../../kernels/wasm/module.generated.js";
import { fuse } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import { simplify } from "../../network/simplify.js";
import { type Network, sizeOf } from "../../network/spec.js";
import { type BackwardRoom, planBackward, scratchBytes } from "./backward.js";
import { planForward } from "./forward.js";
import { Layout } from "./layout.js";
import { LiveConstants } from "./live.js";
import { type Buffer, type Entry, encode, entry, tapeBytes } from "./tape.js";

/** Lanes of one backward pass at most: three vectors of four. */
export const MAX_LANES = 12;

/** A stretch of tape in linear memory, and what is written there. */
export interface Tape {
  readonly entries: readonly Entry[];
  /** Address of each entry, and after them the end. */
  readonly starts: readonly number[];
}

/** The tapes of one backward pass with `4 * vectors` lanes. */
export interface BackwardTapes {
  readonly vectors: number;
  /** From seeded logits to cotangents of the pixels. */
  readonly gradient: Tape;
  /** Lanes to rows, `[lane][unit]`, at `rows`. */
  readonly rows: Tape;
  /** Per lane, partial sums of |g| and of g^2 in float64, one group of lanes for each 1024 units. */
  readonly absoluteSums: Tape;
  readonly squareSums: Tape;
}

/** A network laid out in linear memory, ready to run on one image at a time. */
export interface Program {
  readonly memory: WebAssembly.Memory;
  readonly run: (tape: Tape) => void;
  /** Runs entries `[first, last)` only; for profiles. */
  readonly runPart: (tape: Tape, first: number, last: number) => void;
  readonly forward: Tape;
  /** Indexed by the number of vectors, 1 to 3. */
  readonly backward: readonly (BackwardTapes | undefined)[];
  readonly units: number;
  readonly classes: number;
  readonly pixels: Float32Array;
  readonly logits: Float32Array;
  /** `[classes][lanes]`. */
  readonly seeds: Float32Array;
  /** `[units][lanes]`. */
  readonly gradient: Float32Array;
  /** `[MAX_LANES][units]`. */
  readonly rows: Float32Array;
  /** `[chunks][lanes]`. */
  readonly partials: Float64Array;
  /** Writes the sorted classes whose logits are seeded. */
  readonly setCandidates: (classes: Int32Array) => void;
  readonly relaxed: boolean;
}

export interface ProgramOptions {
  /** Rounded products and sums, the same on every machine, also where fused multiply-add is there. */
  readonly deterministic: boolean;
}

/** Units per partial sum of `row_norms`. */
const NORM_CHUNK = 1024;

/**
 * Lowers, lays out, assembles.
 *
 * @throws EngineError where WebAssembly SIMD is missing or the network does not fit 4 GiB
 */
export async function createProgram(
  network: Network,
  transform: InputTransform,
  { deterministic }: ProgramOptions,
): Promise<Program> {
  const { bytes, relaxed } = chooseModule(deterministic);
  const fused = fuse(simplify(network));
  const layout = new Layout();
  const forward = planForward(fused, transform, layout);
  const units = sizeOf(fused.inputShape);
  const room: BackwardRoom = {
    seeds: layout.reserve(4 * MAX_LANES * fused.classes),
    gradient: layout.reserve(4 * MAX_LANES * units),
    scratch: layout.reserve(scratchBytes(fused)),
    constants: new LiveConstants(layout),
  };
  const chunks = Math.ceil(units / NORM_CHUNK);
  const rows = layout.reserve(4 * MAX_LANES * units);
  const partials = layout.reserve(8 * MAX_LANES * chunks);
  const one = layout.place(Float32Array.of(1));

  const plans = ([1, 2, 3] as const).map((vectors) => {
    const lanes = 4 * vectors;
    const norms = (order: 1 | 2): Entry[] => [
      entry(`row_norms_${lanes as 4}`, "norms", chunks, { g: room.gradient, units, partials, order }),
    ];
    return {
      vectors,
      gradient: planBackward(fused, forward, layout, room, vectors).entries,
      rows: [
        entry("jacobian_rows", "rows", Math.ceil(units / 256), {
          g: room.gradient,
          lanes,
          count: lanes,
          y: rows,
          units,
          scale: one,
          period: 1,
        }),
      ],
      absoluteSums: norms(1),
      squareSums: norms(2),
    };
  });
  const written: { entries: readonly Entry[]; at: Buffer; tape?: Tape }[] = [];
  const reserve = (entries: readonly Entry[]): (() => Tape) => {
    const slot: (typeof written)[number] = { entries, at: layout.reserve(tapeBytes(entries)) };
    written.push(slot);
    return () => slot.tape as Tape;
  };
  const forwardTape = reserve(forward.entries);
  const backwardTapes = plans.map((p) => ({
    vectors: p.vectors,
    gradient: reserve(p.gradient),
    rows: reserve(p.rows),
    absoluteSums: reserve(p.absoluteSums),
    squareSums: reserve(p.squareSums),
  }));
  layout.placeTemporaries(plans.map((p) => p.gradient));

  const memory = layout.allocate();
  for (const slot of written)
    slot.tape = { entries: slot.entries, starts: encode(slot.entries, memory.buffer, slot.at.address) };
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const call = instance.exports.run as (tape: number, end: number) => void;
  const runPart = (tape: Tape, first: number, last: number): void => {
    if (first < last) call(tape.starts[first], tape.starts[last]);
  };
  const floats = (buffer: Buffer, length: number): Float32Array =>
    new Float32Array(memory.buffer, buffer.address, length);
  const { candidates, candidateBounds } = room.constants;
  return {
    memory,
    run: (tape) => runPart(tape, 0, tape.entries.length),
    runPart,
    forward: forwardTape(),
    backward: [
      undefined,
      ...backwardTapes.map((t) => ({
        vectors: t.vectors,
        gradient: t.gradient(),
        rows: t.rows(),
        absoluteSums: t.absoluteSums(),
        squareSums: t.squareSums(),
      })),
    ],
    units,
    classes: fused.classes,
    pixels: floats(forward.pixels, units),
    logits: floats(forward.values.get(fused.output) as Buffer, fused.classes),
    seeds: floats(room.seeds, MAX_LANES * fused.classes),
    gradient: floats(room.gradient, MAX_LANES * units),
    rows: floats(rows, MAX_LANES * units),
    partials: new Float64Array(memory.buffer, partials.address, MAX_LANES * chunks),
    setCandidates: (classes) => {
      new Int32Array(memory.buffer, candidates.address, classes.length).set(classes);
      new Int32Array(memory.buffer, candidateBounds.address, 2).set([
        candidates.address,
        candidates.address + 4 * classes.length,
      ]);
    },
    relaxed,
  };
}

/** The tapes for `vectors` x 4 lanes. */
export function tapesFor(program: Program, vectors: number): BackwardTapes {
  const tapes = program.backward[vectors];
  if (!tapes) throw new Error(`program: no tapes for ${vectors} vectors`);
  return tapes;
}

/** The fused variant where the host accepts it and nobody forbids it; SIMD is required. */
function chooseModule(deterministic: boolean): { bytes: Uint8Array<ArrayBuffer>; relaxed: boolean } {
  if (typeof WebAssembly !== "object")
    throw new EngineError('compile: this platform has no WebAssembly, expected it for { backend: "wasm" }');
  if (!deterministic) {
    const bytes = decode(relaxedModule);
    if (WebAssembly.validate(bytes)) return { bytes, relaxed: true };
  }
  const bytes = decode(plainModule);
  if (!WebAssembly.validate(bytes))
    throw new EngineError(
      'compile: this platform has no WebAssembly SIMD, expected it for { backend: "wasm" }; { backend: "reference" } runs anywhere',
    );
  return { bytes, relaxed: false };
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
