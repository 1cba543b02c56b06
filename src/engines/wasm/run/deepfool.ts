import { PHASES } from "../../../kernels/deepfool_step/loop_state.js";
import { createCheckpoint, PATIENCE } from "../../checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import { NotANumber } from "../../not_a_number.js";
import { DeepfoolRoom } from "./deepfool_room.js";
import type { Program } from "./program.js";

/**
 * DeepFool image by image, the loop run by the tape (`deepfool_tape.ts`) with one forward pass an iteration: the pass
 * that judges a point is the pass that is differentiated there. The lanes carry the K - 1 differences to the class to
 * leave, so nothing is subtracted afterwards; norms are summed in float64. The same algorithm and arithmetic as the
 * portable loop (`api/deepfool_loop.ts`), whose differences are taken after rounding instead of before.
 *
 * The tape stops after some forward passes so that the event loop can turn. Other calls may come in between: whoever
 * goes on takes the loop's memory, and what the other has there is put aside.
 */
export class DeepfoolRunner {
  private room: DeepfoolRoom | undefined;
  private holder: Turn | undefined;
  /** Milliseconds for each forward pass of the latest slice; the first is one pass. */
  private pace = Number.POSITIVE_INFINITY;

  /** @param programFor throws once the engine has been disposed, which may happen while the event loop turns */
  constructor(private readonly programFor: () => Program) {}

  async run(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun> {
    const checkpoint = createCheckpoint(request.signal, PATIENCE);
    await checkpoint();
    const { units, plan } = this.programFor();
    const { capacity } = plan.deepfool.room;
    const total = images.length / units;
    const run = {
      perturbation: new Float32Array(images.length),
      labels: new Int32Array(total),
      newLabels: new Int32Array(total),
      iterations: new Int32Array(total),
    };
    const log: number[] = [];
    const turn: Turn = {};
    try {
      for (let first = 0; first < total; first += capacity) {
        const end = Math.min(first + capacity, total);
        const part = images.subarray(first * units, end * units);
        this.take(turn).load(part, request, request.labels?.subarray(first, end));
        let done = first;
        for (let resume = plan.deepfool.tape[0]; resume !== 0; ) {
          const room = this.take(turn);
          resume = this.slice(room, resume);
          log.push(...room.takeLog());
          if (room.get("notANumber") !== 0) {
            const steps = room.get("iterations") + Number(room.get("phase") === PHASES.afterStep);
            throw new NotANumber("deepfool", first + room.get("image"), steps);
          }
          const finished = first + room.get("image");
          if (resume === 0) {
            const { perturbation, labels, newLabels, iterations } = room.results();
            run.perturbation.set(perturbation, first * units);
            run.labels.set(labels, first);
            run.newLabels.set(newLabels, first);
            run.iterations.set(iterations, first);
          }
          for (; done < finished; done++) request.onProgress?.(done + 1, total);
          await checkpoint();
        }
      }
    } finally {
      if (this.holder === turn) this.holder = undefined;
    }
    return { ...run, ...(request.trace && { chosen: split(log, run.iterations) }) };
  }

  /** Runs the tape from an address for about a slice of time; returns where to go on, 0 at the end. */
  private slice(room: DeepfoolRoom, from: number): number {
    const program = this.programFor();
    const { slice, room: addresses } = program.plan.deepfool;
    const budget = Math.max(1, Math.min(addresses.mostPasses, Math.floor(slice / this.pace)));
    room.set("budget", budget);
    const start = performance.now();
    program.runFrom(program.plan.deepfool.tape, from);
    this.pace = (performance.now() - start) / (budget - room.get("budget"));
    return room.get("resume");
  }

  /** Makes the loop's memory this turn's, with what the turn had left there. */
  private take(turn: Turn): DeepfoolRoom {
    const program = this.programFor();
    this.room ??= new DeepfoolRoom(program);
    if (this.holder !== turn) {
      if (this.holder) this.holder.saved = this.room.bytes.slice();
      if (turn.saved) this.room.bytes.set(turn.saved);
      turn.saved = undefined;
      this.holder = turn;
    }
    return this.room;
  }
}

/** One call; `saved` is its memory while another call has it. */
interface Turn {
  saved?: Uint8Array;
}

/** Consecutive runs of `values` of the given lengths. */
function split(values: readonly number[], lengths: Int32Array): Int32Array[] {
  let end = 0;
  return Array.from(lengths, (length) => {
    end += length;
    return Int32Array.from(values.slice(end - length, end));
  });
}
