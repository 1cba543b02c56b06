import { writePoint } from "../../kernels/deepfool_step/reference.js";
import { UNDONE } from "../../kernels/deepfool_step/wgsl_state.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import type { DeepfoolRequest, DeepfoolRun } from "../engine.js";
import { asPartOf, assertNumbers } from "../not_a_number.js";
import { type DeepfoolHost, type Progress, runRounds, type Start } from "./deepfool_rounds.js";

/** Bytes of r that are read with every look, to save a way to the device and back at the end. */
const LITTLE = 2 ** 18;

/**
 * DeepFool with the whole loop on the device: a round judges the points, compacts the images that go on, and takes a
 * step with each of them, in one command stream; the host looks at the state every four rounds. r is float32,
 * norms are summed in float32. At the end the points are made anew from r, rounded as the host rounds them, and
 * judged once more, so that the labels belong to the very perturbations that are returned.
 */
export async function runDeepfool(
  host: DeepfoolHost,
  images: Float32Array<ArrayBuffer>,
  request: DeepfoolRequest,
): Promise<DeepfoolRun> {
  const { size } = host.plan;
  const total = images.length / size;
  const perturbation = new Float32Array(images.length);
  const labels = new Int32Array(total);
  const newLabels = new Int32Array(total);
  const iterations = new Int32Array(total);
  const chosen: Int32Array[] = [];
  const differences = request.classes - 1;
  for (let first = 0; first < total; ) {
    const { images: n, lanes } = host.program.chunk(total - first, differences);
    const chunk = images.subarray(first * size, (first + n) * size);
    const start: Start = {
      images: n,
      labels: request.labels?.subarray(first, first + n),
      place: () => {
        for (const tensor of [host.plan.pixels, host.loop.tensors.images])
          host.gpu.device.queue.writeBuffer(host.program.bufferOf(tensor), 0, chunk);
      },
      readsR: 4 * chunk.length <= LITTLE,
    };
    const begin = first;
    const whole = (image: number, steps?: number) => ({ image: begin + image, steps });
    const progress = await asPartOf("deepfool", whole, () =>
      runRounds(host, start, lanes, request, (done) => request.onProgress?.(begin + done, total)),
    );
    const r = await finalSteps(host, progress);
    for (let i = 0; i < n; i++) {
      iterations[first + i] = progress.state[4 * i];
      labels[first + i] = progress.state[4 * i + 3];
      newLabels[first + i] = progress.state[4 * i + 1];
      chosen.push(Int32Array.from(progress.chosen[i]));
    }
    const points = finalPoints(chunk, r, size, request, perturbation.subarray(first * size));
    const logits = await host.logits(points);
    const { classes } = host.plan;
    assertNumbers("deepfool", logits, classes, (i) => whole(i, iterations[begin + i]));
    for (let i = 0; i < n; i++) {
      const scores = logits.subarray(i * classes, (i + 1) * classes);
      if (scores.every(Number.isFinite)) newLabels[first + i] = argmax(scores);
    }
    first += n;
  }
  return { perturbation, labels, newLabels, iterations, ...(request.trace && { chosen }) };
}

/** r of every image of the chunk, the last step undone where it led nowhere. */
async function finalSteps(
  { gpu, program, loop, plan, readback }: DeepfoolHost,
  progress: Progress,
): Promise<Float32Array> {
  const { state } = progress;
  const n = state.length / 4;
  const bytes = 4 * n * plan.size;
  const { r, before } = loop.tensors;
  const undone = Array.from({ length: n }, (_, i) => (state[4 * i + 2] & UNDONE) !== 0);
  if (progress.r && !undone.includes(true)) return progress.r;
  const requests = [r, ...(undone.includes(true) ? [before] : [])].map((tensor) => ({
    buffer: program.bufferOf(tensor),
    bytes,
  }));
  await readback.reserve(bytes * requests.length);
  const encoder = gpu.device.createCommandEncoder();
  readback.record(encoder, requests);
  gpu.device.queue.submit([encoder.finish()]);
  const result = new Float32Array(n * plan.size);
  await readback.read("deepfool", requests, [
    (range) => result.set(range.floats()),
    (range) => {
      const earlier = range.floats();
      undone.forEach((is, i) => {
        if (is) result.set(earlier.subarray(i * plan.size, (i + 1) * plan.size), i * plan.size);
      });
    },
  ]);
  return result;
}

/** The points that are returned, and their perturbations. */
function finalPoints(
  images: Float32Array,
  r: Float32Array,
  size: number,
  request: DeepfoolRequest,
  perturbation: Float32Array,
): Float32Array<ArrayBuffer> {
  const points = new Float32Array(images.length);
  for (let at = 0; at < images.length; at += size) {
    const x0 = images.subarray(at, at + size);
    const steps = Float64Array.from(r.subarray(at, at + size));
    const x = points.subarray(at, at + size);
    const result = perturbation.subarray(at, at + size);
    writePoint(x0, steps, 1 + request.overshoot, request.bounds, x, result);
    // Where the overshoot itself overflows, the point without it is what the loop has seen.
    if (!x.every(Number.isFinite)) writePoint(x0, steps, 1, request.bounds, x, result);
  }
  return points;
}
