import { EngineError } from "../../errors.js";
import { PROFILES } from "../../kernels/deepfool_step/profiles.js";
import { CHOSEN_KEPT, NOT_A_NUMBER } from "../../kernels/deepfool_step/wgsl_state.js";
import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import type { DeepfoolRequest } from "../engine.js";
import { NotANumber } from "../not_a_number.js";
import type { DeepfoolPlan } from "./deepfool_plan.js";
import type { Gpu } from "./device.js";
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

/**
 * Runs the loop until every image of the chunk is finished. Its r and state stay on the device.
 *
 * @throws NotANumber, of an image of the chunk, if a logit is NaN where the loop has come to
 */
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
      assertAnswers(progress.state);
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

function assertAnswers(state: Uint32Array): void {
  for (let i = 0; 4 * i < state.length; i++)
    if ((state[4 * i + 2] & NOT_A_NUMBER) !== 0) throw new NotANumber("deepfool", i, state[4 * i]);
}

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
