import { createCheckpoint } from "../engines/checkpoint.js";
import type { Engine } from "../engines/engine.js";
import { asPartOf, assertNumbers, type Place } from "../engines/not_a_number.js";
import { type Shift, shiftImage } from "../engines/shift.js";
import { EngineError } from "../errors.js";
import { sizeOf } from "../network/spec.js";

/** Largest batch that is handed to an engine: 64 images, less if they are large (64 MiB). */
export function defaultBatch(engine: Engine): number {
  const bytes = 4 * sizeOf(engine.inputShape);
  return Math.max(1, Math.min(64, Math.floor(2 ** 26 / bytes)));
}

/**
 * Predictions of all images, `[N]`, in batches.
 *
 * @throws NotANumber, in the name of `caller`, if a logit is NaN
 */
export async function predict(
  caller: string,
  engine: Engine,
  images: Float32Array,
  settings: {
    readonly shift?: Shift;
    /** What is done in place to the pixels of shifted images. */
    readonly finish?: (pixels: Float32Array) => void;
    readonly batch?: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<Int32Array> {
  const size = sizeOf(engine.inputShape);
  const total = images.length / size;
  const batch = settings.batch ?? defaultBatch(engine);
  const labels = new Int32Array(total);
  const checkpoint = createCheckpoint(settings.signal);
  for (let start = 0; start < total; start += batch) {
    await checkpoint();
    const end = Math.min(start + batch, total);
    let chunk = images.subarray(start * size, end * size);
    if (settings.shift) {
      const shifted = new Float32Array(chunk.length);
      for (let i = 0; i < chunk.length; i += size)
        shiftImage(chunk.subarray(i, i + size), settings.shift, shifted.subarray(i, i + size));
      settings.finish?.(shifted);
      chunk = shifted;
    }
    labels.set(await predictBatch(engine, chunk, settings.signal, caller, (n) => start + n), start);
    settings.onProgress?.(end, total);
  }
  settings.signal?.throwIfAborted();
  return labels;
}

/**
 * Predictions of one batch; checks what the engine returned.
 *
 * @param caller the public function, and `indexOf` where in its images one of the batch is, for errors
 * @throws NotANumber if a logit is NaN
 */
export async function predictBatch(
  engine: Engine,
  images: Float32Array,
  signal: AbortSignal | undefined,
  caller: string,
  indexOf: (n: number) => number,
): Promise<Int32Array> {
  const placeOf: Place = (n) => ({ image: indexOf(n) });
  const { logits, labels } = await asPartOf(caller, placeOf, () =>
    engine.logits(images, signal && { signal }),
  );
  const count = images.length / sizeOf(engine.inputShape);
  if (labels?.length !== count)
    throw new EngineError(
      `logits: engine "${engine.backend}" returned ${labels?.length ?? "no"} labels for ${count} images`,
    );
  // An engine of somebody else's may be sparing with what is not asked for.
  if (logits) assertNumbers(caller, logits, engine.classes, placeOf);
  return labels;
}
