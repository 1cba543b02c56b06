import { type Loss, lossAndSeed, lossesOf } from "../../kernels/losses/reference.js";
import type { GradientRequest } from "../backend.js";
import { GradientSink } from "../gradient_sink.js";
import { assertNumbers } from "../not_a_number.js";
import { Pace } from "../pace.js";
import type { CraftingHost } from "./crafting.js";
import type { GradientPlan } from "./gradient_plan.js";
import type { Staged } from "./staging.js";
import { Stream } from "./stream.js";

/** What a gradient needs of the session that it runs in. */
export interface GradientHost extends CraftingHost {
  readonly gradients: GradientPlan;
}

/** Images whose seed is not 0, in order, and their seeds, `[live][C]`. */
interface Seeds {
  readonly live: Uint32Array<ArrayBuffer>;
  readonly values: Float32Array<ArrayBuffer>;
}

const CALLER = "gradient";
/** No bound for float32. */
const FAR = 3.4028234663852886e38;

/**
 * Gradients of a loss: a forward pass, the seeds of the images from their logits, and a backward pass of one cotangent for each
 * image that has one. v is added on the device; a sum stays there, over all images of the call, and only it is read.
 */
export async function runGradient(
  host: GradientHost,
  images: Staged,
  request: GradientRequest,
): Promise<{ logits: Float32Array; losses: Float32Array }> {
  const { program, plan } = host;
  const { size, classes } = plan;
  const { loss, sum, signal } = request;
  const total = images.length / size;
  const logits = new Float32Array(total * classes);
  const losses = new Float32Array(total);
  const sink = new GradientSink(request, size);
  const pace = new Pace(signal);
  await images.ready;
  if (sum) clearTotal(host);
  for (let first = 0; first < total; ) {
    const { images: n } = program.chunk(pace.next(total - first), 1);
    const scores = await forward(host, images, { first, count: n }, request);
    if (first + n === total) images.release();
    logits.set(scores, first * classes);
    assertNumbers(CALLER, scores, classes, (at) => ({ image: first + at }));
    const own = lossesOf(loss, classes, first, first + n);
    const seeds = seedsOf(own, scores, classes, losses.subarray(first, first + n));
    if (seeds.live.length > 0)
      await backward(host, n, seeds, request, (at, gradient) => {
        sink.put(first + at, gradient, imageOf(images, (first + at) * size, size));
      });
    pace.took(n);
    first += n;
  }
  if (sum) await readTotal(host, request.values);
  return { logits, losses };
}

/** Whether the host needs the images after they went to the device: it looks where image + v leaves the bounds. */
export function needsImages({ sum, shift }: GradientRequest): boolean {
  return !sum && shift?.bounds !== undefined;
}

function imageOf({ values }: Staged, from: number, size: number): Float32Array {
  return values?.subarray(from, from + size) ?? new Float32Array();
}

function clearTotal({ gpu, program, gradients }: GradientHost): void {
  const encoder = gpu.device.createCommandEncoder();
  encoder.clearBuffer(program.bufferOf(gradients.total));
  gpu.device.queue.submit([encoder.finish()]);
}

/** Logits at images + v, `[N][C]`; the images themselves stay where the sum looks for them. */
async function forward(
  { gpu, program, plan, loop, crafting, readback }: GradientHost,
  images: Staged,
  { first, count: n }: { readonly first: number; readonly count: number },
  { shift }: GradientRequest,
): Promise<Float32Array> {
  const call = { images: n, running: n, lanes: 1 };
  const dispatches = [...(shift ? [crafting.shift] : []), ...plan.forward];
  await program.reserve(n, n);
  await program.prepare(dispatches, call);
  const wanted = [{ buffer: program.bufferOf(plan.logits), bytes: 4 * n * plan.classes }];
  await readback.reserve(wanted[0].bytes);
  program.setCall(call);
  const { queue } = gpu.device;
  const pixels = program.bufferOf(plan.pixels);
  const stream = new Stream(program);
  const place = (target: GPUBuffer) =>
    images.copy(stream, first * plan.size, (first + n) * plan.size, target);
  if (shift) {
    const own = program.bufferOf(loop.tensors.images);
    const [low, high] = shift.bounds ?? [-FAR, FAR];
    program.setParams(crafting.shift, { factor: 1, low, high });
    queue.writeBuffer(program.bufferOf(crafting.v), 0, Float32Array.from(shift.perturbation));
    place(own);
    stream.copy(own, 0, pixels, 0, 4 * n * plan.size);
  } else place(pixels);
  stream.encode(dispatches, call);
  stream.submit((encoder) => readback.record(encoder, wanted));
  let logits = new Float32Array();
  await readback.read(CALLER, wanted, [
    (range) => {
      logits = range.floats().slice();
    },
  ]);
  return logits;
}

function seedsOf(loss: Loss, logits: Float32Array, classes: number, losses: Float32Array): Seeds {
  const live = new Uint32Array(losses.length);
  const values = new Float32Array(losses.length * classes);
  let count = 0;
  for (let n = 0; n < losses.length; n++) {
    const seed = values.subarray(count * classes, (count + 1) * classes);
    losses[n] = lossAndSeed(loss, n, logits.subarray(n * classes, (n + 1) * classes), seed);
    if (seed.some((value) => value !== 0)) live[count++] = n;
  }
  return { live: live.subarray(0, count), values: values.subarray(0, count * classes) };
}

/** The backward pass of what has seeds, after the forward pass of `images`; gradients go to `put`, or to the sum. */
async function backward(
  { gpu, program, plan, gradients, readback }: GradientHost,
  images: number,
  { live, values }: Seeds,
  { sum, shift }: GradientRequest,
  put: (at: number, gradient: Float32Array) => void,
): Promise<void> {
  const { size } = plan;
  const call = { images, running: live.length, lanes: 1 };
  const dispatches = [...plan.backward, ...(sum ? [gradients.sum] : [])];
  await program.prepare(dispatches, call);
  const results = sum ? [] : [{ buffer: program.bufferOf(plan.gradient), bytes: 4 * size * live.length }];
  if (!sum) await readback.reserve(results[0].bytes);
  program.setCall(call);
  if (sum) {
    const [low, high] = shift?.bounds ?? [0, 0];
    program.setParams(gradients.sum, { bounded: shift?.bounds ? 1 : 0, low, high });
  }
  const { queue } = gpu.device;
  queue.writeBuffer(program.bufferOf(plan.seeds), 0, values);
  if (live.length < images) queue.writeBuffer(program.bufferOf(plan.slots), 0, live);
  try {
    const stream = new Stream(program);
    stream.encode(dispatches, call);
    stream.submit((encoder) => readback.record(encoder, results));
    if (sum) return;
    await readback.read(CALLER, results, [
      (range) => {
        const rows = range.floats();
        live.forEach((n, at) => {
          put(n, rows.slice(at * size, (at + 1) * size));
        });
      },
    ]);
  } finally {
    // The next backward pass may be one of all images.
    if (live.length < images) program.resetSlots();
  }
}

/** Both parts of the sum, rounded once. */
async function readTotal(
  { program, gradients, readback, plan }: GradientHost,
  values: Float32Array,
): Promise<void> {
  const wanted = [{ buffer: program.bufferOf(gradients.total), bytes: 8 * plan.size }];
  await readback.reserve(wanted[0].bytes);
  new Stream(program).submit((encoder) => readback.record(encoder, wanted));
  await readback.read(CALLER, wanted, [
    (range) => {
      const pairs = range.floats();
      for (let u = 0; u < values.length; u++) values[u] = pairs[2 * u] + pairs[2 * u + 1];
    },
  ]);
}
