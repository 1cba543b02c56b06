import { PHASES } from "../../../kernels/deepfool_step/loop_state.js";
import { createCheckpoint, PATIENCE } from "../../checkpoint.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import { NotANumber } from "../../not_a_number.js";
import type { DeepfoolPlan } from "../plan/images.js";
import { DeepfoolRoom } from "./deepfool_room.js";
import type { Program } from "./program.js";

/**
 * DeepFool image by image, the loop run by the tape (`deepfool_tape.ts`) with one forward pass an iteration: the pass
 * that judges a point is the pass that is differentiated there. The lanes carry the K - 1 differences to the class to
 * leave, so nothing is subtracted afterwards; norms are summed in float64. The same algorithm and arithmetic as the
 * portable loop (`api/deepfool_loop.ts`), whose differences are taken after rounding instead of before.
 *
 * Where several images have memory of their own as many loops run side by side, each on a thread, each over a part of the
 * images at a time. Tapes stop after some forward passes so that the event loop can turn. Other calls may come in between:
 * whoever goes on takes the loops' memory, and what the other has there is put aside.
 */
export class DeepfoolRunner {
  private loops: Loop[] | undefined;
  private holder: Turn | undefined;
  /** Milliseconds for each forward pass of the latest slice; the first is one pass. */
  private pace = Number.POSITIVE_INFINITY;

  /** @param programFor throws once the engine has been disposed, which may happen while the event loop turns */
  constructor(private readonly programFor: () => Program) {}

  async run(images: Float32Array, request: DeepfoolRequest): Promise<DeepfoolRun> {
    const checkpoint = createCheckpoint(request.signal, PATIENCE);
    await checkpoint();
    const { units } = this.programFor();
    const total = images.length / units;
    const run = {
      perturbation: new Float32Array(images.length),
      labels: new Int32Array(total),
      newLabels: new Int32Array(total),
      iterations: new Int32Array(total),
    };
    const parts = partsOf(total, this.open());
    const turn: Turn = {};
    const working: Part[] = [];
    let failure: { readonly image: number; readonly steps: number } | undefined;
    let reported = 0;
    try {
      for (let next = 0; ; ) {
        const loops = this.take(turn);
        for (const [i, loop] of loops.entries()) {
          // Parts after an image that has failed are of no use; those before may have an earlier one.
          if (working[i] || next === parts.length || failure) continue;
          const part = parts[next++];
          working[i] = part;
          const labels = request.labels?.subarray(part.first, part.end);
          loop.room.load(images.subarray(part.first * units, part.end * units), request, labels);
          part.resume = loop.plan.tape[0];
        }
        const running = [...loops.entries()].filter(([i]) => working[i] !== undefined);
        if (running.length === 0) break;
        this.slice(running.map(([i, loop]) => ({ loop, from: working[i].resume })));
        for (const [i, { room }] of running) {
          const part = working[i];
          part.log.push(...room.takeLog());
          part.resume = room.get("resume");
          part.done = room.get("image");
          if (room.get("notANumber") !== 0) {
            const image = part.first + part.done;
            const steps = room.get("iterations") + Number(room.get("phase") === PHASES.afterStep);
            if (!failure || image < failure.image) failure = { image, steps };
            delete working[i];
          } else if (part.resume === 0) {
            keep(run, part, room, units);
            delete working[i];
          }
        }
        for (const i of working.keys()) if (failure && working[i]?.first > failure.image) delete working[i];
        if (!failure) {
          const done = parts.reduce((sum, part) => sum + part.done, 0);
          for (; reported < done; reported++) request.onProgress?.(reported + 1, total);
        }
        await checkpoint();
      }
    } finally {
      if (this.holder === turn) this.holder = undefined;
    }
    if (failure) throw new NotANumber("deepfool", failure.image, failure.steps);
    return {
      ...run,
      ...(request.trace && { chosen: parts.flatMap((part) => chosenOf(part, run.iterations)) }),
    };
  }

  /** Runs tapes from an address each for about a slice of time. */
  private slice(of: readonly { readonly loop: Loop; readonly from: number }[]): void {
    const program = this.programFor();
    const { mostPasses } = of[0].loop.plan.room;
    const budget = Math.max(1, Math.min(mostPasses, Math.floor(program.plan.deepfoolSlice / this.pace)));
    for (const { loop } of of) loop.room.set("budget", budget);
    const start = performance.now();
    program.runTogether(of.map(({ loop: { plan }, from }) => [from, plan.tape[plan.tape.length - 1]]));
    const passes = of.map(({ loop }) => budget - loop.room.get("budget"));
    this.pace = (performance.now() - start) / Math.max(1, ...passes);
  }

  /** Makes the loops' memory this turn's, with what the turn had left there. */
  private take(turn: Turn): Loop[] {
    const loops = this.open();
    if (this.holder !== turn) {
      if (this.holder) this.holder.saved = loops.map(({ room }) => room.bytes.slice());
      turn.saved?.forEach((bytes, i) => {
        loops[i].room.bytes.set(bytes);
      });
      turn.saved = undefined;
      this.holder = turn;
    }
    return loops;
  }

  private open(): Loop[] {
    const program = this.programFor();
    this.loops ??= program.images.flatMap(({ plan: { deepfool: plan } }) =>
      plan ? [{ plan, room: new DeepfoolRoom(program, plan) }] : [],
    );
    return this.loops;
  }
}

/** A loop with memory of its own. */
interface Loop {
  readonly plan: DeepfoolPlan;
  readonly room: DeepfoolRoom;
}

/** One call; `saved` is its memory while another call has it. */
interface Turn {
  saved?: Uint8Array[];
}

/** Images `first .. end - 1`, which a loop has in memory together. */
interface Part {
  readonly first: number;
  readonly end: number;
  /** Where its tape goes on; 0: it is at its end. */
  resume: number;
  /** Images that are finished. */
  done: number;
  readonly log: number[];
}

/** As many images in each as fit a loop, or as give every loop some. */
function partsOf(total: number, loops: readonly Loop[]): Part[] {
  const size = Math.min(loops[0].plan.room.capacity, Math.ceil(total / loops.length));
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({
    first: i * size,
    end: Math.min((i + 1) * size, total),
    resume: 0,
    done: 0,
    log: [],
  }));
}

/** Copies what a finished part leaves. */
function keep(run: Omit<DeepfoolRun, "chosen">, { first }: Part, room: DeepfoolRoom, units: number): void {
  const { perturbation, labels, newLabels, iterations } = room.results();
  run.perturbation.set(perturbation, first * units);
  run.labels.set(labels, first);
  run.newLabels.set(newLabels, first);
  run.iterations.set(iterations, first);
}

/** The classes that were stepped to, image by image. */
function chosenOf({ first, end, log }: Part, iterations: Int32Array): Int32Array[] {
  let at = 0;
  return Array.from(iterations.subarray(first, end), (steps) => {
    at += steps;
    return Int32Array.from(log.slice(at - steps, at));
  });
}
