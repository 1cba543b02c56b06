import type { Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import { lossAndSeed } from "../../kernels/losses/reference.js";
import type { TfNamespace } from "../../kernels/tfjs/namespace.js";
import { topClasses } from "../../kernels/top_classes/reference.js";
import type { InputTransform } from "../../network/input.js";
import { sizeOf } from "../../network/spec.js";
import type { GradientRequest, JacobianRequest } from "../backend.js";
import { createCheckpoint, PATIENCE } from "../checkpoint.js";
import { GradientSink } from "../gradient_sink.js";
import { assertNumbers } from "../not_a_number.js";
import { Pace } from "../pace.js";
import { shiftedImages } from "../shift.js";
import type { Program } from "./program.js";

/** float32 values that one pass may keep at a time: 256 MiB. Larger batches are cut, image by image. */
const BUDGET = 2 ** 26;
/** Tensors of the size of a layer's cotangent that live at once in a backward sweep, at most. */
const COTANGENTS = 6;

/** Logits `[N][C]` of a program; `images` are pixels. */
export async function logitsOf(
  tf: TfNamespace,
  program: Program,
  input: InputTransform,
  images: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { inputShape, classes } = program;
  const size = sizeOf(inputShape);
  const count = images.length / size;
  const logits = new Float32Array(count * classes);
  const most = Math.max(1, Math.floor(BUDGET / program.valuesPerImage));
  for await (const { from, batch } of batchesOf(count, most, signal)) {
    const part = imagesOf(images, size, from, batch);
    const scores = withInput(tf, program, input, part, (x) => tf.keep(program.logits(x)));
    logits.set(await readOnce(scores), from * classes);
  }
  return logits;
}

/** Gradients of a program into `values`; `images` are pixels and gradients are with respect to pixels. */
export async function jacobianOf(
  tf: TfNamespace,
  program: Program,
  input: InputTransform,
  images: Float32Array,
  { classes: requested, rows, values, signal }: JacobianRequest,
): Promise<{ classes: Int32Array; logits: Float32Array }> {
  const size = sizeOf(program.inputShape);
  const available = program.classes;
  const count = images.length / size;
  const logits = new Float32Array(count * available);
  const classes = new Int32Array(count * rows);
  const sweep = evenShare(rows, Math.max(1, Math.floor(BUDGET / (COTANGENTS * program.largestValue))));
  const need = program.valuesPerImage + sweep * COTANGENTS * program.largestValue;
  const most = evenShare(count, Math.max(1, Math.floor(BUDGET / need)));
  for await (const { from, batch } of batchesOf(count, most, signal)) {
    const part = imagesOf(images, size, from, batch);
    const run = withInput(tf, program, input, part, (x) => program.start(x));
    try {
      const scores = (await run.logits.data()) as Float32Array;
      logits.set(scores, from * available);
      for (let n = 0; n < batch; n++)
        classes.set(
          typeof requested === "number"
            ? topClasses(scores, n * available, available, rows)
            : requested.subarray((from + n) * rows, (from + n + 1) * rows),
          (from + n) * rows,
        );
      for (let first = 0; first < rows; first += sweep) {
        signal?.throwIfAborted();
        const width = Math.min(sweep, rows - first);
        const chosen = (n: number, k: number) => classes[(from + n) * rows + first + k];
        const gradients = await readOnce(
          tf.tidy(() => tf.keep(run.gradients(oneHot(tf, batch, width, available, chosen)))),
        );
        for (let n = 0; n < batch; n++)
          copyScaled(
            gradients.subarray(n * width * size, (n + 1) * width * size),
            values,
            ((from + n) * rows + first) * size,
            input,
          );
      }
    } finally {
      run.dispose();
    }
  }
  return { classes, logits };
}

/** Gradients of a loss of the logits, one seed an image; `images` are pixels. */
export async function gradientOf(
  tf: TfNamespace,
  program: Program,
  input: InputTransform,
  images: Float32Array,
  request: GradientRequest,
): Promise<{ logits: Float32Array; losses: Float32Array }> {
  const { classes } = program;
  const size = sizeOf(program.inputShape);
  const count = images.length / size;
  const logits = new Float32Array(count * classes);
  const losses = new Float32Array(count);
  const sink = new GradientSink(request, size);
  const need = program.valuesPerImage + COTANGENTS * program.largestValue;
  const most = evenShare(count, Math.max(1, Math.floor(BUDGET / need)));
  for await (const { from, batch } of batchesOf(count, most, request.signal)) {
    const part = imagesOf(images, size, from, batch);
    const points = shiftedImages(part, size, request.shift);
    const run = withInput(tf, program, input, points, (x) => program.start(x));
    try {
      const scores = (await run.logits.data()) as Float32Array;
      assertNumbers("gradient", scores, classes, (n) => ({ image: from + n }));
      logits.set(scores, from * classes);
      const seeds = new Float32Array(batch * classes);
      for (let n = 0; n < batch; n++) {
        const row = [n * classes, (n + 1) * classes] as const;
        losses[from + n] = lossAndSeed(
          request.loss,
          from + n,
          scores.subarray(...row),
          seeds.subarray(...row),
        );
      }
      if (seeds.every((seed) => seed === 0)) continue;
      const gradients = await readOnce(
        tf.tidy(() => tf.keep(run.gradients(tf.tensor3d(seeds, [batch, 1, classes])))),
      );
      const scaled = new Float32Array(size);
      for (let n = 0; n < batch; n++) {
        // What is multiplied by a seed of 0 may be infinite.
        if (seeds.subarray(n * classes, (n + 1) * classes).every((seed) => seed === 0)) continue;
        copyScaled(gradients.subarray(n * size, (n + 1) * size), scaled, 0, input);
        sink.put(from + n, scaled, part.subarray(n * size, (n + 1) * size));
      }
    } finally {
      run.dispose();
    }
  }
  sink.finish();
  return { logits, losses };
}

/** Batches of at most `most` images; with a signal smaller ones, between which the event loop turns. */
async function* batchesOf(
  count: number,
  most: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly from: number; readonly batch: number }, void> {
  const checkpoint = signal && createCheckpoint(signal, PATIENCE);
  const pace = new Pace(signal);
  for (let from = 0; from < count; ) {
    const batch = Math.min(pace.next(most), count - from);
    yield { from, batch };
    pace.took(batch);
    from += batch;
    if (checkpoint) await checkpoint();
  }
}

/** The largest of the parts when `total` is cut evenly into parts of at most `most`. */
function evenShare(total: number, most: number): number {
  return Math.ceil(total / Math.ceil(total / most));
}

function imagesOf(images: Float32Array, size: number, from: number, count: number): Float32Array {
  return images.subarray(from * size, (from + count) * size);
}

/** Calls `use` with the network's input for a batch of pixels, which is disposed of afterwards. */
function withInput<T>(
  tf: TfNamespace,
  { inputShape }: Program,
  { scale, offset }: InputTransform,
  pixels: Float32Array,
  use: (x: Tensor) => T,
): T {
  const channels = scale.length;
  // In float64 and rounded once, as the reference does it.
  const values = pixels.map((pixel, i) => pixel * scale[i % channels] + offset[i % channels]);
  const x = tf.keep(tf.tensor(values, [pixels.length / sizeOf(inputShape), ...inputShape], "float32"));
  try {
    return use(x);
  } finally {
    x.dispose();
  }
}

/** Seeds `[N, K, C]` of the chosen logits. */
function oneHot(
  tf: TfNamespace,
  images: number,
  rows: number,
  available: number,
  chosen: (n: number, k: number) => number,
): Tensor3D {
  const values = new Float32Array(images * rows * available);
  for (let n = 0; n < images; n++)
    for (let k = 0; k < rows; k++) values[(n * rows + k) * available + chosen(n, k)] = 1;
  return tf.tensor3d(values, [images, rows, available]);
}

/** Gradients with respect to pixels of gradients with respect to network inputs. */
function copyScaled(from: Float32Array, to: Float32Array, at: number, { scale }: InputTransform): void {
  const channels = scale.length;
  for (let i = 0; i < from.length; i++) to[at + i] = from[i] * scale[i % channels];
}

/** Reads a kept tensor and disposes of it. */
async function readOnce(tensor: Tensor): Promise<Float32Array> {
  try {
    return (await tensor.data()) as Float32Array;
  } finally {
    tensor.dispose();
  }
}
