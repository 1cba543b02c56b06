import { topClasses } from "../../kernels/top_classes/reference.js";
import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import type { Tell } from "../../network/progress.js";
import type { JacobianRequest } from "../backend.js";
import { Pace } from "../pace.js";
import { type CraftingPlan, planCrafting } from "./crafting_plan.js";
import { type DeepfoolPlan, planDeepfool } from "./deepfool_plan.js";
import type { Gpu } from "./device.js";
import type { GradientHost } from "./gradient.js";
import { type GradientPlan, planGradient } from "./gradient_plan.js";
import type { Plan } from "./plan.js";
import { type Call, Program } from "./program.js";
import { Readback, type ReadRequest } from "./readback.js";
import { type Staged, Staging, unstaged } from "./staging.js";
import { Stream } from "./stream.js";
import type { Tuning } from "./tuning.js";

/** Large results come in chunks of about so many bytes, but no fewer images. */
const CHUNK_BYTES = 2 ** 22;
const CHUNK_IMAGES = 8;

/** Lanes `lane .. lane + lanes` of k of so many images from `first` on. */
interface Part {
  readonly first: number;
  readonly images: number;
  readonly lane: number;
  readonly lanes: number;
  readonly k: number;
}

/** Batches of logits and gradients on one program; DeepFool, crafting and gradients of losses run on it too. Calls must not overlap. */
export class Session implements GradientHost {
  readonly readback: Readback;
  /** Results of one chunk are read while the device computes the next. */
  private readonly readbacks: readonly Readback[];
  private readonly staging: Staging;

  private constructor(
    readonly program: Program,
    readonly gpu: Gpu,
    readonly plan: Plan,
    readonly loop: DeepfoolPlan,
    readonly crafting: CraftingPlan,
    readonly gradients: GradientPlan,
  ) {
    this.readbacks = [new Readback(gpu), new Readback(gpu)];
    [this.readback] = this.readbacks;
    this.staging = new Staging(gpu, program.tuning.stagedBytes);
  }

  /** @param tell of "weights" and "shaders" */
  static async create(gpu: Gpu, plan: Plan, tuning?: Tuning, tell?: Tell): Promise<Session> {
    const loop = planDeepfool(plan);
    const crafting = planCrafting(plan, loop);
    const gradients = planGradient(plan, loop, crafting);
    const extra = [...plan.scores, ...loop.dispatches, ...crafting.dispatches, ...gradients.dispatches];
    const program = await Program.create(gpu, plan, extra, tuning, tell);
    return new Session(program, gpu, plan, loop, crafting, gradients);
  }

  /** The call's own copy of its images, to be released when it ends. */
  stage(images: Float32Array): Staged {
    return this.staging.take(images);
  }

  /** The same, in memory of the host's. */
  copyOf(images: Float32Array): Staged {
    return unstaged(this.gpu, new Float32Array(images));
  }

  /** @param again the images will be wanted once more: they are not released */
  async logits(
    given: Float32Array<ArrayBuffer> | Staged,
    signal?: AbortSignal,
    again = false,
  ): Promise<Float32Array> {
    const images = given instanceof Float32Array ? unstaged(this.gpu, given) : given;
    const { size, classes, scores, logits, pixels } = this.plan;
    await images.ready;
    const total = images.length / size;
    const result = new Float32Array(total * classes);
    const pace = new Pace(signal);
    for (let first = 0; first < total; ) {
      const { images: n } = this.program.chunk(pace.next(total - first), 0);
      await this.program.reserve(n, 0);
      await this.readback.reserve(4 * n * classes);
      const call = { images: n, running: 0, lanes: 0 };
      await this.program.prepare(scores, call);
      const wanted = [{ buffer: this.program.bufferOf(logits), bytes: 4 * n * classes }];
      const stream = this.begin(call);
      images.copy(stream, first * size, (first + n) * size, this.program.bufferOf(pixels));
      this.submit(stream, [scores], call, wanted);
      if (first + n === total && !again) images.release();
      const start = first * classes;
      await this.readback.read("logits", wanted, [(range) => result.set(range.floats(), start)]);
      pace.took(n);
      first += n;
    }
    return result;
  }

  /** Gradients of K logits of each image, into `values`; returns the classes and the logits. */
  async jacobian(
    given: Float32Array<ArrayBuffer> | Staged,
    { classes: requested, rows: k, values, signal }: JacobianRequest,
  ): Promise<{ classes: Int32Array; logits: Float32Array }> {
    const images = given instanceof Float32Array ? unstaged(this.gpu, given) : given;
    const { size, classes: available } = this.plan;
    const total = images.length / size;
    if (this.program.chunk(total, k).lanes < k && typeof requested === "number") {
      // Too many cotangents for one call: the classes must be known before any of them is seeded.
      const logits = await this.logits(images, signal, true);
      const classes = new Int32Array(total * k);
      for (let n = 0; n < total; n++) classes.set(topClasses(logits, n * available, available, k), n * k);
      await this.jacobian(images, { classes, rows: k, values, signal });
      return { classes, logits };
    }
    const logits = new Float32Array(total * available);
    const classes = typeof requested === "number" ? new Int32Array(total * k) : requested.slice();
    const out = { values, classes, logits };
    const most = Math.max(CHUNK_IMAGES, Math.floor(CHUNK_BYTES / (4 * k * size)));
    let reading: Promise<void> = Promise.resolve();
    const pace = new Pace(signal);
    let turn = 0;
    await images.ready;
    try {
      for (let first = 0; first < total; ) {
        const { images: n, lanes } = this.program.chunk(Math.min(most, pace.next(total - first)), k);
        for (let lane = 0; lane < k; lane += lanes) {
          signal?.throwIfAborted();
          const part = { first, images: n, lane, lanes: Math.min(lanes, k - lane), k };
          const next = await this.rows(images, part, requested, out, this.readbacks[turn++ % 2]);
          const before = reading;
          reading = next.finished;
          await before;
        }
        // Who may abort waits for what is under way; others have the next chunk computed meanwhile.
        if (signal) await reading;
        pace.took(n);
        first += n;
      }
    } finally {
      // Also after an error nothing must be under way when the next call begins.
      await Promise.allSettled([reading]);
    }
    await reading;
    return { classes, logits };
  }

  /** Starts the gradients of some lanes of a chunk of images; `finished` resolves when they are in `out`. */
  private async rows(
    images: Staged,
    { first, images: n, lane, lanes, k }: Part,
    requested: number | Int32Array,
    out: { values: Float32Array; classes: Int32Array; logits: Float32Array },
    readback: Readback,
  ): Promise<{ readonly finished: Promise<void> }> {
    const { program, plan } = this;
    const { size, classes: available } = plan;
    const rows = n * lanes;
    const bytes = { values: 4 * rows * size, wanted: 4 * rows, logits: 4 * n * available };
    await program.reserve(n, rows);
    await readback.reserve(bytes.values + bytes.wanted + bytes.logits);
    const call = { images: n, running: n, lanes };
    const counted = typeof requested === "number";
    const lists = [plan.forward, ...(counted ? [plan.topClasses] : []), plan.gradients];
    await program.prepare(lists.flat(), call);
    const stream = this.begin(call);
    images.copy(stream, first * size, (first + n) * size, program.bufferOf(plan.pixels));
    if (!counted) {
      const wanted = new Uint32Array(rows);
      for (let i = 0; i < n; i++)
        for (let l = 0; l < lanes; l++) wanted[i * lanes + l] = requested[(first + i) * k + lane + l];
      this.gpu.device.queue.writeBuffer(program.bufferOf(plan.wanted), 0, wanted);
    }
    const results = [
      { buffer: program.bufferOf(plan.gradient), bytes: bytes.values },
      { buffer: program.bufferOf(plan.wanted), bytes: bytes.wanted },
      { buffer: program.bufferOf(plan.logits), bytes: bytes.logits },
    ];
    this.submit(stream, lists, call, results, readback);
    if ((first + n) * size === images.length && lane + lanes === k) images.release();
    const finished = readback.read("jacobian", results, [
      (range) => {
        const rowsOf = range.floats();
        // All lanes of an image lie together: one copy for the chunk where no lane is missing, else one an image.
        const run = (lanes === k ? n : 1) * lanes * size;
        for (let from = 0; from < rowsOf.length; from += run)
          out.values.set(
            rowsOf.subarray(from, from + run),
            ((first + from / (lanes * size)) * k + lane) * size,
          );
      },
      (range) => {
        if (counted) out.classes.set(range.words(), first * k);
      },
      (range) => out.logits.set(range.floats(), first * available),
    ]);
    // Whoever waits for it gets the error; it may come before.
    finished.catch(() => {});
    return { finished };
  }

  /** A stream of commands for a call. */
  private begin(call: Call): Stream {
    this.program.setCall(call);
    return new Stream(this.program);
  }

  private submit(
    stream: Stream,
    lists: readonly (readonly Dispatch[])[],
    call: Call,
    results: readonly ReadRequest[],
    readback = this.readback,
  ): void {
    for (const dispatches of lists) stream.encode(dispatches, call);
    stream.submit((encoder) => readback.record(encoder, results));
  }

  dispose(): void {
    for (const readback of this.readbacks) readback.dispose();
    this.staging.dispose();
    this.program.dispose();
  }
}
