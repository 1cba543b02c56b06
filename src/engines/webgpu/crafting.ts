import { roundDownToFloat32 } from "../../kernels/projection/reference.js";
import { insideOf } from "../../kernels/projection/wgsl.js";
import { ACCEPTED, UNANSWERED } from "../../kernels/universal_step/wgsl_accept.js";
import { NO_LABEL } from "../../kernels/universal_step/wgsl_label.js";
import type { CraftingRequest, CraftingState } from "../engine.js";
import { asPartOf, NotANumber } from "../not_a_number.js";
import type { CraftingPlan } from "./crafting_plan.js";
import { type DeepfoolHost, runRounds } from "./deepfool_rounds.js";
import { ImageStore } from "./image_store.js";
import { createBuffers } from "./memory.js";
import type { Range, ReadRequest } from "./readback.js";
import { Stream } from "./stream.js";
import { COPY_DST, COPY_SRC } from "./usage.js";

/** What crafting needs of the session that it runs in. */
export interface CraftingHost extends DeepfoolHost {
  readonly crafting: CraftingPlan;
}

/** Who errors speak of. */
const CALLER = "universalPerturbation";
/** No bound for float32. */
const FAR = 3.4028234663852886e38;
/** Images that are judged in one call if they fit; so much room is made before the images get theirs. */
const JUDGED = 64;

/**
 * Images and v of one crafting run on the device: the host uploads an image once, and reads labels, the states of
 * DeepFool runs, whether v changed, and v when it is asked for. What the kernels work on is the session's, shared
 * with other calls, so v is brought there for each call and back.
 */
export class DeviceCrafting implements CraftingState {
  private constructor(
    private readonly host: CraftingHost,
    private readonly request: CraftingRequest,
    private readonly store: ImageStore,
    private readonly v: GPUBuffer,
  ) {}

  get parallel(): boolean {
    return !this.host.gpu.onProcessor;
  }

  /** @throws EngineError if there is no room for v and an image */
  static async create(
    host: CraftingHost,
    images: Float32Array,
    request: CraftingRequest,
  ): Promise<DeviceCrafting> {
    const { gpu, program, plan } = host;
    const judged = program.chunk(Math.min(JUDGED, images.length / plan.size), 0).images;
    await program.reserve(judged, program.chunk(1, request.deepfool.classes - 1).lanes);
    const usage = COPY_SRC | COPY_DST;
    const [v] = await createBuffers(gpu, [
      { label: "v", bytes: 4 * plan.size, usage, data: request.initial },
    ]);
    try {
      const store = await ImageStore.create(gpu, images, plan.size, program.tuning.imageBudget);
      return new DeviceCrafting(host, request, store, v);
    } catch (error) {
      v.destroy();
      throw error;
    }
  }

  async predict(indices: Int32Array, shifted: boolean): Promise<Int32Array> {
    const { program, plan, crafting, readback } = this.host;
    const { low, high } = this.bounds(shifted);
    const labels = new Int32Array(indices.length);
    for (let first = 0; first < indices.length; ) {
      const most = Math.min(indices.length - first, this.store.capacity);
      const { images: n } = program.chunk(most, 0);
      await program.reserve(n, 0);
      const call = { images: n, running: 0, lanes: 1 };
      const dispatches = [crafting.shift, ...plan.scores, crafting.label];
      await program.prepare(dispatches, call);
      await readback.reserve(4 * n);
      program.setCall(call);
      program.setParams(crafting.shift, { factor: shifted ? 1 : 0, low, high });
      const stream = new Stream(program);
      this.place(stream, indices.subarray(first, first + n));
      stream.encode(dispatches, call);
      const start = first;
      const results = [{ buffer: program.bufferOf(crafting.labels), bytes: 4 * n }];
      await this.submitAndRead(stream, results, [(range) => labels.set(range.words(), start)]);
      const unlabelled = labels.subarray(start, start + n).findIndex((label) => label >>> 0 === NO_LABEL);
      if (unlabelled >= 0) throw new NotANumber(CALLER, indices[start + unlabelled]);
      first += n;
    }
    return labels;
  }

  async improve(
    index: number,
    label: number,
    out?: Float32Array,
  ): Promise<{ fooled: boolean; taken: number; updated: boolean }> {
    const { host, request } = this;
    const { program, plan, loop, crafting } = host;
    const { deepfool } = request;
    const { lanes } = program.chunk(1, deepfool.classes - 1);
    const call = { images: 1, running: 1, lanes: 1 };
    // Compiled before: placing the image waits for nothing.
    await program.prepare([crafting.shift], call);
    const place = () => {
      program.setParams(crafting.shift, { factor: 1, ...this.bounds(true) });
      const stream = new Stream(program);
      this.place(stream, [index]);
      stream.encode([crafting.shift], call);
      const bytes = 4 * plan.size;
      stream.copy(program.bufferOf(plan.pixels), 0, program.bufferOf(loop.tensors.images), 0, bytes);
      stream.submit();
    };
    const labels = Int32Array.of(label);
    const start = { images: 1, labels, place, readsR: false };
    const { state } = await asPartOf(
      CALLER,
      () => ({ image: index }),
      () => runRounds(host, start, lanes, deepfool),
    );
    const [taken, predicted] = state;
    const fooled = taken === 0 && predicted !== label;
    if (taken === 0 || taken >= deepfool.steps - 1) return { fooled, taken, updated: false };
    const accepted = await this.update(out);
    if (accepted === UNANSWERED) throw new NotANumber(CALLER, index, taken);
    return { fooled, taken, updated: accepted === ACCEPTED };
  }

  async read(out: Float32Array): Promise<void> {
    const requests = [{ buffer: this.v, bytes: 4 * out.length }];
    await this.host.readback.reserve(requests[0].bytes);
    await this.submitAndRead(new Stream(this.host.program), requests, [(range) => out.set(range.floats())]);
  }

  dispose(): void {
    this.store.dispose();
    this.v.destroy();
  }

  /**
   * The end of a DeepFool run that converged in time: its r, the prediction there, and the update if it is fooled; gives
   * `accepted` (`wgsl_accept.ts`).
   */
  private async update(out: Float32Array | undefined): Promise<number> {
    const { host, request } = this;
    const { program, plan, loop, crafting, readback } = host;
    const { norm, radius } = request;
    const bytes = 4 * plan.size;
    const call = { images: 1, running: 1, lanes: 1 };
    const judging = [crafting.step, ...plan.scores, crafting.accept];
    const updating = [crafting.update, ...(norm === 2 ? crafting.project : [])];
    await program.prepare([crafting.overshoot, ...judging, ...updating], call);
    await readback.reserve(4 + (out ? bytes : 0));

    program.setCall(call);
    program.setParams(crafting.overshoot, { factor: 1 + request.deepfool.overshoot });
    program.setParams(crafting.step, { factor: 1, ...this.bounds(false) });
    program.setParams(crafting.update, { bound: norm === 2 ? FAR : roundDownToFloat32(radius) });
    if (norm === 2) program.setParams(crafting.ballFactor, { inside: insideOf(radius) });
    const v = program.bufferOf(crafting.v);
    const stream = new Stream(program);
    stream.encode([crafting.overshoot], call);
    stream.copy(program.bufferOf(loop.tensors.images), 0, program.bufferOf(plan.pixels), 0, bytes);
    stream.encode([...judging, ...updating], call);
    stream.copy(v, 0, this.v, 0, bytes);

    let accepted = 0;
    const results = [
      { buffer: program.bufferOf(crafting.accepted), bytes: 4 },
      ...(out ? [{ buffer: v, bytes }] : []),
    ];
    await this.submitAndRead(stream, results, [
      (range) => {
        [accepted] = range.words();
      },
      (range) => {
        if (accepted === ACCEPTED) out?.set(range.floats());
      },
    ]);
    return accepted;
  }

  /** Copies images to `pixels`, and v to where the kernels look for it. */
  private place(stream: Stream, indices: ArrayLike<number>): void {
    const { program, plan, crafting } = this.host;
    const bytes = 4 * plan.size;
    const pixels = program.bufferOf(plan.pixels);
    this.store.places(indices).forEach(({ buffer, offset }, n) => {
      stream.copy(buffer, offset, pixels, n * bytes, bytes);
    });
    stream.copy(this.v, 0, program.bufferOf(crafting.v), 0, bytes);
  }

  private bounds(clipped: boolean): { low: number; high: number } {
    const [low, high] = (clipped && this.request.bounds) || [-FAR, FAR];
    return { low, high };
  }

  private async submitAndRead(
    stream: Stream,
    requests: readonly ReadRequest[],
    readers: readonly ((range: Range) => void)[],
  ): Promise<void> {
    const { readback } = this.host;
    stream.submit((encoder) => readback.record(encoder, requests));
    await readback.read(CALLER, requests, readers);
  }
}
