import { MAX_LANES } from "../../../kernels/wasm/lowering.js";
import { type Tape, TILES_WORD } from "../../../kernels/wasm/tape.js";
import type { BackwardTapes, ImagePlan } from "../plan/images.js";
import type { ProgramPlan } from "../plan/program.js";

/** A planned network in a memory, ready to run. */
export interface Program {
  readonly plan: ProgramPlan;
  readonly memory: WebAssembly.Memory;
  readonly run: (tape: Tape) => void;
  /** Runs from the entry at an address to wherever the tape ends. */
  readonly runFrom: (tape: Tape, address: number) => void;
  /** Runs entries `[first, last)` only; for profiles. */
  readonly runPart: (tape: Tape, first: number, last: number) => void;
  /** Runs a tape of each of some of the images: few one after the other with all threads, others side by side. */
  readonly runTogether: (tapes: readonly Tape[]) => void;
  readonly units: number;
  readonly classes: number;
  /** Images that may be computed side by side. */
  readonly images: readonly [ImageRoom, ...ImageRoom[]];
}

/** What lies in memory of one image. */
export interface ImageRoom {
  readonly plan: ImagePlan;
  readonly pixels: Float32Array;
  readonly logits: Float32Array;
  /** `[classes][lanes]`. */
  readonly seeds: Float32Array;
  /** `[MAX_LANES][units]`. */
  readonly rows: Float32Array;
  /** Cotangents of the pixels after a pass of one cotangent, `[units]`. */
  readonly gradient: Float32Array;
  /** Writes the sorted classes whose logits are seeded. */
  readonly setCandidates: (classes: Int32Array) => void;
}

/** Exports of the kernel module. */
export interface KernelExports {
  /** Runs the tape from `begin` to `end` on the calling thread. */
  readonly run: (begin: number, end: number) => void;
  /** Runs it together with the threads that `follow` the same control block. */
  readonly lead: (begin: number, end: number, control: number, threads: number) => void;
  /** Serves the leader of a control block until told to stop, as the thread of that number, from 1 on. */
  readonly follow: (control: number, threads: number, thread: number) => void;
  /** Byte offset of this thread's scratch. */
  readonly scratch: WebAssembly.Global;
}

/** @param threads how many threads share the memory, the caller included; they must be following */
export function openProgram(
  plan: ProgramPlan,
  memory: WebAssembly.Memory,
  exports: KernelExports,
  threads: number,
): Program {
  const { control, units, classes, together } = plan;
  const call = (begin: number, end: number): void => {
    if (begin === end) return;
    if (threads > 1) exports.lead(begin, end, control, threads);
    else exports.run(begin, end);
  };
  const run = (tape: Tape): void => call(tape[0], tape[tape.length - 1]);
  return {
    plan,
    memory,
    run,
    runFrom: (tape, address) => call(address, tape[tape.length - 1]),
    runPart: (tape, first, last) => call(tape[first], tape[last]),
    runTogether: (tapes) => {
      // Where less than half of the threads would be at work all of them take one after the other.
      if (2 * tapes.length < threads || tapes.length === 1) {
        tapes.forEach(run);
        return;
      }
      const words = new Int32Array(memory.buffer);
      words.set(
        tapes.flatMap((tape) => [tape[0], tape[tape.length - 1]]),
        together.table / 4,
      );
      words[together.tape[0] / 4 + TILES_WORD] = tapes.length;
      run(together.tape);
    },
    units,
    classes,
    images: plan.images.map((image) => openImage(image, memory, plan)) as [ImageRoom, ...ImageRoom[]],
  };
}

function openImage(
  plan: ImagePlan,
  memory: WebAssembly.Memory,
  { units, classes }: Pick<ProgramPlan, "units" | "classes">,
): ImageRoom {
  const { addresses } = plan;
  const floats = (address: number, length: number): Float32Array =>
    new Float32Array(memory.buffer, address, length);
  return {
    plan,
    pixels: floats(addresses.pixels, units),
    logits: floats(addresses.logits, classes),
    seeds: floats(addresses.seeds, MAX_LANES * classes),
    rows: floats(addresses.rows, MAX_LANES * units),
    gradient: floats(addresses.gradient, units),
    setCandidates: (seeded) => {
      new Int32Array(memory.buffer, addresses.candidates, seeded.length).set(seeded);
      new Int32Array(memory.buffer, addresses.candidateBounds, 2).set([
        addresses.candidates,
        addresses.candidates + 4 * seeded.length,
      ]);
    },
  };
}

/** The tapes of the narrowest backward pass that carries `count` cotangents, at most `MAX_LANES`. */
export function tapesFor({ plan }: ImageRoom, count: number): BackwardTapes {
  return plan.backward.find(({ lanes }) => lanes >= count) as BackwardTapes;
}
