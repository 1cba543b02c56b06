import { topClasses } from "../top_classes.js";
import type { DeepfoolHost } from "./deepfool.js";
import { type DeepfoolPlan, planDeepfool } from "./deepfool_plan.js";
import type { Gpu } from "./device.js";
import type { Dispatch, Tensor } from "./dispatch.js";
import type { Plan } from "./plan.js";
import { type Call, Program } from "./program.js";
import { Readback } from "./readback.js";
import type { Tuning } from "./tuning.js";

/** Batches of logits and gradients on one program; DeepFool runs on it too. Calls must not overlap. */
export class Session implements DeepfoolHost {
  readonly readback: Readback;

  private constructor(
    readonly program: Program,
    readonly gpu: Gpu,
    readonly plan: Plan,
    readonly loop: DeepfoolPlan,
  ) {
    this.readback = new Readback(gpu);
  }

  static async create(gpu: Gpu, plan: Plan, tuning?: Tuning): Promise<Session> {
    const loop = planDeepfool(plan);
    return new Session(await Program.create(gpu, plan, loop.dispatches, tuning), gpu, plan, loop);
  }

  async logits(images: Float32Array<ArrayBuffer>): Promise<Float32Array> {
    const { size, classes, forward, logits, pixels } = this.plan;
    const total = images.length / size;
    const result = new Float32Array(total * classes);
    for (let first = 0; first < total; ) {
      const { images: n } = this.program.chunk(total - first, 0);
      await this.program.reserve(n, 0);
      await this.readback.reserve(4 * n * classes);
      const call = { images: n, running: 0, lanes: 0 };
      await this.program.prepare(forward, call);
      this.upload(pixels, images.subarray(first * size, (first + n) * size), call);
      const wanted = [{ buffer: this.program.bufferOf(logits), bytes: 4 * n * classes }];
      this.submit([forward], call, wanted);
      const start = first * classes;
      await this.readback.read("logits", wanted, [(range) => result.set(range.floats(), start)]);
      first += n;
    }
    return result;
  }

  /** Gradients of K logits of each image, into `values`; returns the classes and the logits. */
  async jacobian(
    images: Float32Array<ArrayBuffer>,
    requested: number | Int32Array,
    k: number,
    values: Float32Array,
  ): Promise<{ classes: Int32Array; logits: Float32Array }> {
    const { size, classes: available } = this.plan;
    const total = images.length / size;
    if (this.program.chunk(total, k).lanes < k && typeof requested === "number") {
      // Too many cotangents for one call: the classes must be known before any of them is seeded.
      const logits = await this.logits(images);
      const classes = new Int32Array(total * k);
      for (let n = 0; n < total; n++) classes.set(topClasses(logits, n * available, available, k), n * k);
      await this.jacobian(images, classes, k, values);
      return { classes, logits };
    }
    const logits = new Float32Array(total * available);
    const classes = typeof requested === "number" ? new Int32Array(total * k) : requested.slice();
    for (let first = 0; first < total; ) {
      const { images: n, lanes } = this.program.chunk(total - first, k);
      const chunk = images.subarray(first * size, (first + n) * size);
      for (let lane = 0; lane < k; lane += lanes)
        await this.gradients(chunk, first, lane, Math.min(lanes, k - lane), k, requested, {
          values,
          classes,
          logits,
        });
      first += n;
    }
    return { classes, logits };
  }

  /** Lanes `lane ..` of one chunk of images. */
  private async gradients(
    images: Float32Array<ArrayBuffer>,
    first: number,
    lane: number,
    lanes: number,
    k: number,
    requested: number | Int32Array,
    out: { values: Float32Array; classes: Int32Array; logits: Float32Array },
  ): Promise<void> {
    const { program, plan } = this;
    const { size, classes: available } = plan;
    const n = images.length / size;
    const rows = n * lanes;
    const bytes = { values: 4 * rows * size, wanted: 4 * rows, logits: 4 * n * available };
    await program.reserve(n, rows);
    await this.readback.reserve(bytes.values + bytes.wanted + bytes.logits);
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
    this.submit(lists, call, results);
    await this.readback.read("jacobian", results, [
      (range) => {
        const rowsOf = range.floats();
        for (let i = 0; i < n; i++)
          out.values.set(
            rowsOf.subarray(i * lanes * size, (i + 1) * lanes * size),
            ((first + i) * k + lane) * size,
          );
      },
      (range) => {
        if (counted) out.classes.set(range.words(), first * k);
      },
      (range) => out.logits.set(range.floats(), first * available),
    ]);
  }

  private upload(tensor: Tensor, data: Float32Array<ArrayBuffer>, call: Call): void {
    this.program.setCall(call);
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.program.bufferOf(tensor), 0, data);
  }

  private submit(
    lists: readonly (readonly Dispatch[])[],
    call: Call,
    results: readonly { buffer: GPUBuffer; bytes: number }[],
  ): void {
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const dispatches of lists) this.program.encode(pass, dispatches, call);
    pass.end();
    this.readback.record(encoder, results);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.readback.dispose();
    this.program.dispose();
  }
}
