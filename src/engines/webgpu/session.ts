import { topClasses } from "../../kernels/top_classes/reference.js";
import type { Dispatch, Tensor } from "../../kernels/webgpu/dispatch.js";
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
import { Stream } from "./stream.js";
import type { Tuning } from "./tuning.js";

/** Large results come in chunks of about so many bytes, but no fewer images. */
const CHUNK_BYTES = 2 ** 22;
const CHUNK_IMAGES = 8;

/** Lanes `lane .. lane + lanes` of k of the images from `first` on. */
interface Part {
  readonly first: number;
  readonly lane: number;
  readonly lanes: number;
  readonly k: number;
}

/** Batches of logits and gradients on one program; DeepFool, crafting and gradients of losses run on it too. Calls must not overlap. */
export class Session implements GradientHost {
  readonly readback: Readback;
  /** Results of one chunk are read while the device computes the next. */
  private readonly readbacks: readonly Readback[];

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
  }

  static async create(gpu: Gpu, plan: Plan, tuning?: Tuning): Promise<Session> {
    const loop = planDeepfool(plan);
    const crafting = planCrafting(plan, loop);
    const gradients = planGradient(plan, loop, crafting);
    const extra = [...loop.dispatches, ...crafting.dispatches, ...gradients.dispatches];
    const program = await Program.create(gpu, plan, extra, tuning);
    return new Session(program, gpu, plan, loop, crafting, gradients);
  }

  async logits(images: Float32Array<ArrayBuffer>, signal?: AbortSignal): Promise<Float32Array> {
    const { size, classes, forward, logits, pixels } = this.plan;
    const total = images.length / size;
    const result = new Float32Array(total * classes);
    const pace = new Pace(signal);
    for (let first = 0; first < total; ) {
      const { images: n } = this.program.chunk(pace.next(total - first), 0);
      await this.program.reserve(n, 0);
      await this.readback.reserve(4 * n * classes);
      const call = { images: n, running: 0, lanes: 0 };
      await this.program.prepare(forward, call);
      this.upload(pixels, images.subarray(first * size, (first + n) * size), call);
      const wanted = [{ buffer: this.program.bufferOf(logits), bytes: 4 * n * classes }];
      this.submit([forward], call, wanted);
      const start = first * classes;
      await this.readback.read("logits", wanted, [(range) => result.set(range.floats(), start)]);
      pace.took(n);
      first += n;
    }
    return result;
  }

  /** Gradients of K logits of each image, into `values`; returns the classes and the logits. */
  async jacobian(
    images: Float32Array<ArrayBuffer>,
    { classes: requested, rows: k, values, signal }: JacobianRequest,
  ): Promise<{ classes: Int32Array; logits: Float32Array }> {
    const { size, classes: available } = this.plan;
    const total = images.length / size;
    if (this.program.chunk(total, k).lanes < k && typeof requested === "number") {
      // Too many cotangents for one call: the classes must be known before any of them is seeded.
      const logits = await this.logits(images, signal);
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
    try {
      for (let first = 0; first < total; ) {
        const { images: n, lanes } = this.program.chunk(Math.min(most, pace.next(total - first)), k);
        const chunk = images.subarray(first * size, (first + n) * size);
        for (let lane = 0; lane < k; lane += lanes) {
          signal?.throwIfAborted();
          const part = { first, lane, lanes: Math.min(lanes, k - lane), k };
          const next = await this.rows(chunk, part, requested, out, this.readbacks[turn++ % 2]);
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
    images: Float32Array<ArrayBuffer>,
    { first, lane, lanes, k }: Part,
    requested: number | Int32Array,
    out: { values: Float32Array; classes: Int32Array; logits: Float32Array },
    readback: Readback,
  ): Promise<{ readonly finished: Promise<void> }> {
    const { program, plan } = this;
    const { size, classes: available } = plan;
    const n = images.length / size;
    const rows = n * lanes;
    const bytes = { values: 4 * rows * size, wanted: 4 * rows, logits: 4 * n * available };
    await program.reserve(n, rows);
    await readback.reserve(bytes.values + bytes.wanted + bytes.logits);
    const call = { images: n, running: n, lanes };
    const counted = typeof requested === "number";
    const lists = [plan.forward, ...(counted ? [plan.topClasses] : []), plan.gradients];
    await program.prepare(lists.flat(), call);
    this.upload(plan.pixels, images, call);
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
    this.submit(lists, call, results, readback);
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

  private upload(tensor: Tensor, data: Float32Array<ArrayBuffer>, call: Call): void {
    this.program.setCall(call);
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.program.bufferOf(tensor), 0, data);
  }

  private submit(
    lists: readonly (readonly Dispatch[])[],
    call: Call,
    results: readonly ReadRequest[],
    readback = this.readback,
  ): void {
    const stream = new Stream(this.program);
    for (const dispatches of lists) stream.encode(dispatches, call);
    stream.submit((encoder) => readback.record(encoder, results));
  }

  dispose(): void {
    for (const readback of this.readbacks) readback.dispose();
    this.program.dispose();
  }
}
