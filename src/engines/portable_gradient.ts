import { type Loss, lossAndSeed, lossesOf } from "../kernels/losses/reference.js";
import type { GradientRequest } from "./backend.js";
import { createCheckpoint, PATIENCE } from "./checkpoint.js";
import { GradientSink } from "./gradient_sink.js";
import type { GradientSource } from "./gradient_source.js";
import { assertNumbers } from "./not_a_number.js";
import { shiftedImages } from "./shift.js";

/** float32 values of Jacobians that are held at a time: 64 MiB. */
const ROOM = 2 ** 24;
/** Images that are judged together. */
const BATCH = 64;

/**
 * `gradient` of what has logits and Jacobians: the seed of each image from its logits, then as many rows of its Jacobian
 * as the seed has classes, multiplied and added in float64 in the order of classes and rounded once. The oracle of engines
 * that have kernels of their own; a loss of all classes costs C rows here.
 */
export async function portableGradient(
  source: GradientSource,
  images: Float32Array,
  request: GradientRequest,
  size: number,
  classes: number,
): Promise<{ logits: Float32Array; losses: Float32Array }> {
  const { loss, shift, signal } = request;
  const count = images.length / size;
  const sink = new GradientSink(request, size);
  const logits = new Float32Array(count * classes);
  const losses = new Float32Array(count);
  const most = Math.max(1, Math.min(BATCH, Math.floor(ROOM / size)));
  const checkpoint = signal && createCheckpoint(signal, PATIENCE);
  for (let first = 0; first < count; first += most) {
    await checkpoint?.();
    const end = Math.min(first + most, count);
    const part = images.subarray(first * size, end * size);
    const points = shiftedImages(part, size, shift);
    const scores = await source.logits(points, signal);
    assertNumbers("gradient", scores, classes, (n) => ({ image: first + n }));
    logits.set(scores, first * classes);
    const seeds = seedsOf(lossesOf(loss, classes, first, end), scores, classes, losses.subarray(first, end));
    const gradients = await combine(source, points, seeds, size, signal);
    gradients.forEach((gradient, n) => {
      if (gradient) sink.put(first + n, gradient, part.subarray(n * size, (n + 1) * size));
    });
  }
  sink.finish();
  return { logits, losses };
}

/** The classes whose seed is not 0, and their seeds. */
interface Seed {
  readonly classes: readonly number[];
  readonly values: readonly number[];
}

function seedsOf(loss: Loss, logits: Float32Array, classes: number, losses: Float32Array): Seed[] {
  const row = new Float32Array(classes);
  return Array.from(losses, (_, n) => {
    losses[n] = lossAndSeed(loss, n, logits.subarray(n * classes, (n + 1) * classes), row);
    const live = Array.from(row.keys()).filter((c) => row[c] !== 0);
    return { classes: live, values: live.map((c) => row[c]) };
  });
}

/** The sum of seed times row of the Jacobian of each image; undefined where no seed is left. */
async function combine(
  source: GradientSource,
  images: Float32Array,
  seeds: readonly Seed[],
  size: number,
  signal: AbortSignal | undefined,
): Promise<(Float32Array | undefined)[]> {
  const totals = seeds.map(({ values }) => (values.length > 0 ? new Float64Array(size) : undefined));
  const longest = Math.max(...seeds.map(({ values }) => values.length));
  for (let from = 0; from < longest; ) {
    const live = [...seeds.keys()].filter((n) => seeds[n].values.length > from);
    const least = Math.min(...live.map((n) => seeds[n].values.length));
    const rows = Math.min(least - from, Math.max(1, Math.floor(ROOM / (live.length * size))));
    const points = new Float32Array(live.length * size);
    const wanted = new Int32Array(live.length * rows);
    live.forEach((n, at) => {
      points.set(images.subarray(n * size, (n + 1) * size), at * size);
      wanted.set(seeds[n].classes.slice(from, from + rows), at * rows);
    });
    const values = new Float32Array(live.length * rows * size);
    await source.jacobian(points, { classes: wanted, rows, values, signal });
    live.forEach((n, at) => {
      const total = totals[n] as Float64Array;
      for (let k = 0; k < rows; k++) {
        const factor = seeds[n].values[from + k];
        const row = values.subarray((at * rows + k) * size, (at * rows + k + 1) * size);
        for (let i = 0; i < size; i++) total[i] += factor * row[i];
      }
    });
    from += rows;
  }
  return totals.map((total) => total && Float32Array.from(total));
}
