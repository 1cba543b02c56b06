import { MAX_LANES } from "../../../kernels/wasm/lowering.js";
import type { BackwardTapes } from "../plan/program.js";
import type { Program } from "./program.js";

/** One forward pass; the logits are left in `program.logits`. */
export function runForward(program: Program, image: Float32Array): void {
  program.pixels.set(image);
  program.run(program.plan.forward);
}

/** A forward pass for its logits alone, which are left in `program.logits`; no backward pass may follow. */
export function runScores(program: Program, image: Float32Array): void {
  program.pixels.set(image);
  program.run(program.plan.scores);
}

/**
 * One backward pass from the present forward pass: lane k carries the gradient of logit `classes[k]`. The cotangents
 * of the pixels, `[units][tapes.stride]`, stay in memory.
 */
export function runBackward(
  program: Program,
  classes: Int32Array,
  { stride, gradient }: BackwardTapes,
): void {
  const { seeds } = program;
  seeds.fill(0, 0, stride * program.classes);
  classes.forEach((c, k) => {
    seeds[c * stride + k] += 1;
  });
  program.setCandidates(Int32Array.from(new Set(classes)).sort());
  program.run(gradient);
}

/** The same of one cotangent of the logits, `[classes]`, in lane 0; classes whose seed is 0 cost nothing. */
export function runSeeded(program: Program, seed: Float32Array, { stride, gradient }: BackwardTapes): void {
  const { seeds, classes } = program;
  seeds.fill(0, 0, stride * classes);
  const seeded: number[] = [];
  for (let c = 0; c < classes; c++) {
    if (seed[c] === 0) continue;
    seeds[c * stride] = seed[c];
    seeded.push(c);
  }
  program.setCandidates(Int32Array.from(seeded));
  program.run(gradient);
}

/** Splits K cotangents over backward passes of at most 12, in fours, as evenly as they go. */
export function laneChunks(count: number): { first: number; count: number }[] {
  const fours = Math.ceil(count / 4);
  const passes = Math.ceil(fours / (MAX_LANES / 4));
  const chunks: { first: number; count: number }[] = [];
  let first = 0;
  for (let p = 0; p < passes; p++) {
    const share = Math.floor(fours / passes) + (p < fours % passes ? 1 : 0);
    const size = Math.min(4 * share, count - first);
    chunks.push({ first, count: size });
    first += size;
  }
  return chunks;
}
