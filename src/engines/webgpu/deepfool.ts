import { EngineError } from "../../api/errors.js";
import { PROFILES } from "../../kernels/deepfool_step/profiles.js";
import { writePoint } from "../../kernels/deepfool_step/reference.js";
import { CHOSEN_KEPT, UNDONE } from "../../kernels/deepfool_step/wgsl_state.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import type { DeepfoolRequest, DeepfoolRun } from "../engine.js";
import type { DeepfoolPlan } from "./deepfool_plan.js";
import type { Gpu } from "./device.js";
import type { Dispatch } from "./dispatch.js";
import type { Plan } from "./plan.js";
import type { Call, Program } from "./program.js";
import type { Readback, ReadRequest } from "./readback.js";
import { Schedule } from "./schedule.js";
import { Stream } from "./stream.js";

/** Rounds between two looks at the device's state. */
const ROUNDS = 4;
/** No class; where no label is given. */
const NONE = 0xffffffff;

/** What a run needs of the session that it runs in. */
export interface DeepfoolHost {
  readonly gpu: Gpu;
  readonly program: Program;
  readonly plan: Plan;
  readonly loop: DeepfoolPlan;
  readonly readback: Readback;
  readonly logits: (images: Float32Array<ArrayBuffer>) => Promise<Float32Array>;
}

/** Where a chunk of a run begins. */
export interface Start {
  readonly images: number;
  /** The class to leave of each image; default: its prediction. */
  readonly labels?: Int32Array;
  /** Writes the images to `pixels` and to `tensors.images`, where there is room for them; `call` has their number. */
  readonly place: () => void;
  /** Bring r along with every look, if it is little. */
  readonly readsR: boolean;
}

/** How far the images of a chunk are. */
export interface Progress {
  /** (steps taken, latest prediction, flags, class to leave) of each image. */
  state: Uint32Array;
  running: number;
  readonly chosen: number[][];
  /** r of every image at the latest look, where that is little to bring along. */
  r?: Float32Array;
}

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
    const progress = await runRounds(host, start, lanes, request, (done) =>
      request.onProgress?.(first + done, total),
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
    for (let i = 0; i < n; i++) {
      const scores = logits.subarray(i * classes, (i + 1) * classes);
      if (scores.every(Number.isFinite)) newLabels[first + i] = argmax(scores);
    }
    first += n;
  }
  return { perturbation, labels, newLabels, iterations, ...(request.trace && { chosen }) };
}

/** Runs the loop until every image of the chunk is finished. Its r and state stay on the device. */
export async function runRounds(
  host: DeepfoolHost,
  start: Start,
  lanes: number,
  request: DeepfoolRequest,
  onProgress: (done: number) => void = () => {},
): Promise<Progress> {
  const { program, loop } = host;
  const { images: n } = start;
  await program.reserve(n, n * lanes);
  setParams(program, loop, request);
  program.setCall({ images: n, running: n, lanes });
  begin(host, start);
  const progress: Progress = {
    state: new Uint32Array(4 * n),
    running: n,
    chosen: Array.from({ length: n }, () => []),
  };
  try {
    for (let round = 0; progress.running > 0; ) {
      request.signal?.throwIfAborted();
      // A device that refuses the commands leaves the state as it is.
      if (round > request.steps + ROUNDS)
        throw new EngineError(`deepfool: the device still runs after ${round} rounds, expected it to stop`);
      const call = { images: progress.running, running: progress.running, lanes };
      // Differences that do not fit into memory together take several passes, steered from here.
      const inOneStream = lanes >= request.classes - 1;
      if (inOneStream) await submitRounds(host, request, call, round === 0);
      else await submitWideRound(host, request, call, round === 0);
      round += inOneStream ? ROUNDS : 1;
      await look(host, progress, start.readsR);
      onProgress(n - progress.running);
    }
  } finally {
    // The next backward pass may be one of all images.
    program.resetSlots();
  }
  request.signal?.throwIfAborted();
  return progress;
}

function setParams(program: Program, loop: DeepfoolPlan, request: DeepfoolRequest): void {
  const rules = PROFILES[request.profile];
  const { classes: candidates, steps } = request;
  const norm = request.norm === 2 ? 2 : 1;
  const [low, high] = request.bounds ?? [-3.4028234663852886e38, 3.4028234663852886e38];
  const factor = rules.overshootsEachStep ? 1 + request.overshoot : 1;
  program.setParams(loop.start, { candidates, steps });
  program.setParams(loop.judge, { steps });
  for (const seeds of [loop.seeds, loop.chosenSeeds]) program.setParams(seeds, { candidates });
  const { distanceOffset, normOffset } = rules;
  program.setParams(loop.choose, { candidates, norm, distanceOffset, normOffset });
  for (const step of [loop.step, loop.singleStep]) program.setParams(step, { norm, factor, low, high });
}

function begin({ gpu, program, loop }: DeepfoolHost, { images: n, labels, place }: Start): void {
  const { tensors } = loop;
  const { queue } = gpu.device;
  place();
  queue.writeBuffer(
    program.bufferOf(tensors.given),
    0,
    labels ? Uint32Array.from(labels) : new Uint32Array(n).fill(NONE),
  );
  queue.writeBuffer(
    program.bufferOf(tensors.ids),
    0,
    Uint32Array.from({ length: n }, (_, i) => i),
  );
  const encoder = gpu.device.createCommandEncoder();
  for (const tensor of [tensors.r, tensors.before, tensors.bad])
    encoder.clearBuffer(program.bufferOf(tensor), 0, 4 * tensor.units * n);
  queue.submit([encoder.finish()]);
}

/** Four rounds in one command stream. */
async function submitRounds(
  { program, plan, loop }: DeepfoolHost,
  { norm }: DeepfoolRequest,
  call: Call,
  isFirst: boolean,
): Promise<void> {
  const norms = loop.norms[norm === 2 ? 2 : 1];
  const backward = [loop.seeds, ...plan.backward, ...norms, loop.choose, loop.step];
  const round = [...plan.forward, loop.judge, loop.compact, loop.schedule, ...backward, loop.advance];
  await program.prepare([...round, loop.start], call);
  const schedule = new Schedule(program, loop, round, call);
  const stream = new Stream(program);
  for (let i = 0; i < ROUNDS; i++) {
    // The first forward pass is as large as it was announced; nothing has been scheduled yet.
    const sizes = i === 0 ? undefined : schedule.sizes;
    stream.encode(plan.forward, call, sizes);
    stream.encode([isFirst && i === 0 ? loop.start : loop.judge, loop.compact, loop.schedule], call);
    stream.encode(backward, call, schedule.sizes);
    stream.encode([loop.advance], call);
  }
  stream.submit();
}

/** One round whose backward pass goes over the candidates in several passes, and once more for the chosen one. */
async function submitWideRound(
  { gpu, program, plan, loop }: DeepfoolHost,
  { norm, classes }: DeepfoolRequest,
  call: Call,
  isFirst: boolean,
): Promise<void> {
  const { queue } = gpu.device;
  const norms = loop.norms[norm === 2 ? 2 : 1];
  const submit = async (dispatches: readonly Dispatch[], lanes: number, first: number): Promise<void> => {
    const now = { ...call, lanes };
    await program.prepare(dispatches, now);
    queue.writeBuffer(program.call, LANES_AT, Uint32Array.of(lanes, first));
    const stream = new Stream(program);
    stream.encode(dispatches, now);
    stream.submit();
  };
  await submit([...plan.forward, isFirst ? loop.start : loop.judge, loop.compact], call.lanes, 0);
  for (let first = 0; first < classes - 1; first += call.lanes)
    await submit([loop.seeds, ...plan.backward, ...norms], Math.min(call.lanes, classes - 1 - first), first);
  await submit([loop.choose, loop.chosenSeeds, ...plan.backward, loop.singleStep, loop.advance], 1, 0);
}

/** Bytes from the start of `call` to its `lanes` and `first`. */
const LANES_AT = 8;

/** Reads how far the images are, and the classes that they took since the last look. */
async function look(
  { gpu, program, loop, readback }: DeepfoolHost,
  progress: Progress,
  readsR: boolean,
): Promise<void> {
  const n = progress.chosen.length;
  const { state, chosen, r } = loop.tensors;
  const requests: ReadRequest[] = [
    { buffer: program.call, bytes: 8 },
    { buffer: program.bufferOf(state), bytes: 16 * n },
    { buffer: program.bufferOf(chosen), bytes: 4 * CHOSEN_KEPT * n },
    ...(readsR ? [{ buffer: program.bufferOf(r), bytes: 4 * n * r.units }] : []),
  ];
  await readback.reserve(requests.reduce((sum, { bytes }) => sum + bytes, 0));
  const encoder = gpu.device.createCommandEncoder();
  readback.record(encoder, requests);
  gpu.device.queue.submit([encoder.finish()]);
  const before = progress.state;
  await readback.read("deepfool", requests, [
    (range) => {
      [, progress.running] = range.words();
    },
    (range) => {
      progress.state = range.words().slice();
    },
    (range) => {
      const taken = range.words();
      for (let i = 0; i < n; i++)
        for (let step = before[4 * i]; step < progress.state[4 * i]; step++)
          progress.chosen[i].push(taken[i * CHOSEN_KEPT + (step % CHOSEN_KEPT)]);
    },
    (range) => {
      progress.r = range.floats().slice();
    },
  ]);
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
