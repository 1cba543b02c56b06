import { MAX_LANES } from "../../../kernels/wasm/lowering.js";
import type { ImageRoom } from "./program.js";

/** Seeds a backward pass: lane k of `stride` carries the gradient of logit `classes[k]`. */
export function seedRows(
  { seeds, logits, setCandidates }: ImageRoom,
  classes: Int32Array,
  stride: number,
): void {
  seeds.fill(0, 0, stride * logits.length);
  classes.forEach((c, k) => {
    seeds[c * stride + k] += 1;
  });
  setCandidates(Int32Array.from(new Set(classes)).sort());
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
