import { topClasses } from "../../../kernels/top_classes/reference.js";
import { addressOf, type Entry, Float32Bits, type Macs, type Tape } from "../../../kernels/wasm/tape.js";
import { seedRows } from "./passes.js";
import { type Program, tapesFor } from "./program.js";

/** One kernel call of a profile. */
export interface LayerTime {
  readonly layer: string;
  readonly kernel: string;
  readonly phase: "forward" | "backward";
  /** Shortest time of the repeats. */
  readonly milliseconds: number;
  /** Multiply-adds of a dense evaluation, and those really done; 0 for kernels that only move data. */
  readonly denseMacs: number;
  readonly liveMacs: number;
}

/**
 * Times every kernel call of an image's forward and backward pass by itself, of a gradient where `classes` is 0. Multiply-adds of
 * the sparse kernels are counted from the live lists that the pass has left in memory.
 */
export function profile(
  program: Program,
  entriesOf: ReadonlyMap<Tape, readonly Entry[]>,
  image: Float32Array,
  { classes, repeats = 10 }: { readonly classes: number; readonly repeats?: number },
): LayerTime[] {
  const [room] = program.images;
  room.pixels.set(image);
  program.run(room.plan.forward);
  const single = classes === 0;
  const tapes = tapesFor(room, single ? 1 : classes);
  const gradient = single ? room.plan.single : tapes.gradient;
  seedRows(
    room,
    topClasses(room.logits, 0, program.classes, single ? 1 : classes),
    single ? 1 : tapes.stride,
  );
  program.run(gradient);
  const times = (tape: Tape, phase: LayerTime["phase"]): LayerTime[] => {
    const entries = entriesOf.get(tape) ?? [];
    const best = new Float64Array(entries.length).fill(Infinity);
    const work = entries.map(() => ({ dense: 0, live: 0 }));
    for (let round = 0; round < repeats; round++)
      entries.forEach((e, i) => {
        const start = performance.now();
        program.runPart(tape, i, i + 1);
        best[i] = Math.min(best[i], performance.now() - start);
        // Temporaries share room, so the lists must be read before the next call.
        if (round === 0) work[i] = countMacs(program, e);
      });
    return entries.map((e, i) => ({
      layer: e.label,
      kernel: e.kernel,
      phase,
      milliseconds: best[i],
      denseMacs: work[i].dense,
      liveMacs: work[i].live,
    }));
  };
  return [...times(room.plan.forward, "forward"), ...times(gradient, "backward")];
}

function countMacs(program: Program, e: Entry): Macs {
  if (!e.work) return { dense: 0, live: 0 };
  return e.work(new Int32Array(program.memory.buffer), (name) => {
    const value = e.fields[name];
    return value instanceof Float32Bits ? value.value : addressOf(value);
  });
}
