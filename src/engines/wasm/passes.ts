import { MAX_LANES } from "./plan.js";
import { type Program, tapesFor } from "./program.js";

/** One forward pass; the logits are left in `program.logits`. */
export function runForward(program: Program, image: Float32Array): void {
  program.pixels.set(image);
  program.run(program.plan.forward);
}

/**
 * One backward pass from the present forward pass: lane k carries the gradient of logit `classes[k]`, less that of
 * logit `base` if one is given. Left in `program.gradient`, `[units][4 vectors]`.
 */
export function runBackward(
  program: Program,
  classes: Int32Array,
  base: number | undefined,
  vectors: number,
): void {
  const lanes = 4 * vectors;
  const { seeds } = program;
  seeds.fill(0, 0, lanes * program.classes);
  classes.forEach((c, k) => {
    seeds[c * lanes + k] += 1;
    if (base !== undefined) seeds[base * lanes + k] -= 1;
  });
  const seeded = new Set(classes);
  if (base !== undefined) seeded.add(base);
  program.setCandidates(Int32Array.from(seeded).sort());
  program.run(tapesFor(program, vectors).gradient);
}

/** Splits K cotangents over backward passes of at most 12 lanes, in vectors of four, as evenly as they go. */
export function laneChunks(count: number): { first: number; count: number; vectors: number }[] {
  const vectors = Math.ceil(count / 4);
  const passes = Math.ceil(vectors / (MAX_LANES / 4));
  const chunks: { first: number; count: number; vectors: number }[] = [];
  let first = 0;
  for (let p = 0; p < passes; p++) {
    const share = Math.floor(vectors / passes) + (p < vectors % passes ? 1 : 0);
    const lanes = Math.min(4 * share, count - first);
    chunks.push({ first, count: lanes, vectors: share });
    first += lanes;
  }
  return chunks;
}
