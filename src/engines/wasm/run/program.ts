import { MAX_LANES } from "../../../kernels/wasm/lowering.js";
import type { Tape } from "../../../kernels/wasm/tape.js";
import type { BackwardTapes, ProgramPlan } from "../plan/program.js";

/** A planned network in a memory, ready to run on one image at a time. */
export interface Program {
  readonly plan: ProgramPlan;
  readonly memory: WebAssembly.Memory;
  readonly run: (tape: Tape) => void;
  /** Runs from the entry at an address to wherever the tape ends. */
  readonly runFrom: (tape: Tape, address: number) => void;
  /** Runs entries `[first, last)` only; for profiles. */
  readonly runPart: (tape: Tape, first: number, last: number) => void;
  readonly units: number;
  readonly classes: number;
  readonly pixels: Float32Array;
  readonly logits: Float32Array;
  /** `[classes][lanes]`. */
  readonly seeds: Float32Array;
  /** `[MAX_LANES][units]`. */
  readonly rows: Float32Array;
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
  const { addresses, units, classes } = plan;
  const call = (begin: number, end: number): void => {
    if (begin === end) return;
    if (threads > 1) exports.lead(begin, end, addresses.control, threads);
    else exports.run(begin, end);
  };
  const floats = (address: number, length: number): Float32Array =>
    new Float32Array(memory.buffer, address, length);
  return {
    plan,
    memory,
    run: (tape) => call(tape[0], tape[tape.length - 1]),
    runFrom: (tape, address) => call(address, tape[tape.length - 1]),
    runPart: (tape, first, last) => call(tape[first], tape[last]),
    units,
    classes,
    pixels: floats(addresses.pixels, units),
    logits: floats(addresses.logits, classes),
    seeds: floats(addresses.seeds, MAX_LANES * classes),
    rows: floats(addresses.rows, MAX_LANES * units),
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
export function tapesFor(program: Program, count: number): BackwardTapes {
  return program.plan.backward.find(({ lanes }) => lanes >= count) as BackwardTapes;
}
