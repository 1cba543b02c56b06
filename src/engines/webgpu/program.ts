import { type Dispatch, packParams, type Tensor } from "../../kernels/webgpu/dispatch.js";
import { CALL_FIELDS, type Shader } from "../../kernels/webgpu/shader.js";
import { counting, type Tell } from "../../network/progress.js";
import { type Arena, packCotangents } from "./arena.js";
import type { Gpu } from "./device.js";
import { type BufferRequest, bufferLimit, createBuffers } from "./memory.js";
import { type Pipeline, pipelineFor } from "./pipelines.js";
import type { Plan } from "./plan.js";
import { TUNING, type Tuning } from "./tuning.js";
import { COPY_DST, COPY_SRC, STORAGE, UNIFORM } from "./usage.js";

/** What a call works on; the fields of `call` in the shaders. */
export interface Call {
  /** Images of the forward pass, and of the backward pass. */
  readonly images: number;
  readonly running: number;
  /** Cotangents of a running image. */
  readonly lanes: number;
  /** Lanes that earlier passes over the same images have computed. Default 0. */
  readonly first?: number;
}

/** Most workgroups of one dimension of a dispatch: the limit that every device has. */
const MOST_GROUPS = 65535;

/** Where a kernel writes the numbers of workgroups of dispatches, and at which byte each begins. */
export interface Sizes {
  readonly buffer: GPUBuffer;
  readonly offsets: ReadonlyMap<Dispatch, number>;
}

/** A plan on a device: pipelines, parameters, weights and room for so many images and cotangents. */
export class Program {
  /** Images and cotangents that there is room for. */
  images = 0;
  cotangents = 0;
  /** The device's copy of {@link Call}. */
  readonly call: GPUBuffer;
  private room = new Map<Tensor, GPUBuffer>();
  private roomBuffers: GPUBuffer[] = [];
  private readonly groups = new Map<Dispatch, GPUBindGroup>();

  private constructor(
    readonly gpu: Gpu,
    readonly plan: Plan,
    readonly tuning: Tuning,
    private readonly pipelines: Map<string, Pipeline>,
    private readonly constants: ReadonlyMap<Tensor, GPUBuffer>,
    private readonly arena: Arena,
    private readonly imageTensors: readonly Tensor[],
    private readonly params: GPUBuffer,
    private readonly offsets: ReadonlyMap<Dispatch, number>,
  ) {
    this.call = constants.get(CALL) as GPUBuffer;
  }

  /**
   * Uploads the weights, which the plan then forgets (a plan serves one program), and compiles the kernels that one image takes, in a Jacobian and in logits alone.
   *
   * @param extra dispatches besides the plan's own that will run
   * @param tell of "weights" and "shaders"
   */
  static async create(
    gpu: Gpu,
    plan: Plan,
    extra: readonly Dispatch[] = [],
    tuning: Tuning = TUNING,
    tell?: Tell,
  ): Promise<Program> {
    const { device } = gpu;
    const main = [...plan.forward, ...plan.topClasses, ...plan.gradients];
    const all = [...new Set([...main, ...extra])].flatMap((d) => (d.small ? [d, d.small as Dispatch] : [d]));

    const tensors = [...new Set(all.flatMap(({ reads, writes }) => [...reads, ...writes]))];
    const constants = tensors.filter(({ extent }) => extent === "constant");
    for (const { label, data } of constants)
      if (data === null) throw new Error(`webgpu: ${label} is not in the plan any more`);
    const align = device.limits.minUniformBufferOffsetAlignment;
    const packed = all.map(packParams);
    const offsets = new Map<Dispatch, number>();
    let end = 0;
    all.forEach((dispatch, i) => {
      offsets.set(dispatch, end);
      end += Math.ceil(packed[i].byteLength / align) * align;
    });
    const params = new Uint32Array(end / 4);
    all.forEach((dispatch, i) => {
      params.set(new Uint32Array(packed[i]), (offsets.get(dispatch) as number) / 4);
    });
    const requests: BufferRequest[] = [
      { label: "parameters", bytes: end, usage: UNIFORM | COPY_DST, data: params },
      { label: "call", bytes: 4 * CALL_FIELDS.length, usage: STORAGE | COPY_DST | COPY_SRC },
      ...constants.map(({ label, data, units }) => ({ label, bytes: 4 * units, data: data ?? undefined })),
    ];
    const total = sum(requests.map(({ data }) => data?.byteLength ?? 0));
    const buffers = await createBuffers(gpu, requests, counting(tell, "weights", total));
    for (const tensor of constants) if (tensor.data) tensor.data = null;
    const program = new Program(
      gpu,
      plan,
      tuning,
      new Map(),
      new Map([CALL, ...constants].map((tensor, i) => [tensor, buffers[1 + i]])),
      packCotangents(plan.gradients, [plan.wanted, plan.seeds, plan.gradient, ...cotangentsOf(extra)]),
      [...new Set([plan.pixels, plan.logits, plan.slots, ...tensors.filter((t) => t.extent === "images")])],
      buffers[0],
      offsets,
    );
    try {
      const call = { images: 1, running: 1, lanes: Math.min(10, plan.classes) };
      await program.prepare([...main, ...plan.scores], call, tell);
    } catch (error) {
      program.dispose();
      throw error;
    }
    return program;
  }

  /**
   * Compiles the kernels that a call needs and that are not yet compiled, in parallel.
   *
   * @param tell of "shaders"
   */
  async prepare(dispatches: readonly Dispatch[], call: Call, tell?: Tell): Promise<void> {
    const missing = new Map<string, Shader>();
    for (const dispatch of dispatches) {
      const { shader } = this.choose(dispatch, call).chosen;
      if (!this.pipelines.has(shader.name)) missing.set(shader.name, shader);
    }
    let done = 0;
    tell?.("shaders", 0, missing.size);
    const made = await Promise.all(
      Array.from(missing.values(), async (shader) => {
        const pipeline = await pipelineFor(this.gpu.device, shader);
        tell?.("shaders", ++done, missing.size);
        return pipeline;
      }),
    );
    for (const pipeline of made) this.pipelines.set(pipeline.shader.name, pipeline);
  }

  /** Images and, for each, cotangents that one call may have: as many as fit into the budget and the limits. */
  chunk(images: number, lanes: number): { images: number; lanes: number } {
    const limit = bufferLimit(this.gpu.device) / 4;
    const budget = this.tuning.memoryBudget / 4;
    const { size, classes } = this.plan;
    const imageUnits = this.imageTensors.map(({ units }) => units);
    const perImage = sum(imageUnits);
    const perCotangent = sum(this.arena.units);
    // The results of a call are copied into one buffer: gradients and classes, and the logits; or a run's state, and r
    // before and after the last step.
    const largest = Math.max(size + 1, ...this.arena.units);
    const mostLanes = Math.floor(Math.min((limit - classes) / largest, (budget - perImage) / perCotangent));
    const some = Math.min(lanes, Math.max(1, mostLanes));
    const most = Math.min(
      limit / Math.max(...imageUnits),
      limit / (some * largest + classes),
      limit / (2 * size + 16),
      budget / (perImage + some * perCotangent),
    );
    return { images: Math.max(1, Math.min(images, Math.floor(most))), lanes: some };
  }

  /**
   * Makes room for a call; what was in the old room is gone if it was too small.
   *
   * @throws EngineError if the device's limits or memory do not suffice
   */
  async reserve(images: number, cotangents: number): Promise<void> {
    if (images <= this.images && cotangents <= this.cotangents) return;
    const [n, rows] = [Math.max(images, this.images), Math.max(cotangents, this.cotangents)];
    this.freeRoom();
    const requests: BufferRequest[] = [
      ...this.imageTensors.map(({ label, units }) => ({ label, bytes: 4 * units * n })),
      ...this.arena.units.map((units, i) => ({ label: `cotangents ${i}`, bytes: 4 * units * rows })),
    ];
    this.roomBuffers = await createBuffers(this.gpu, requests);
    this.imageTensors.forEach((tensor, i) => {
      this.room.set(tensor, this.roomBuffers[i]);
    });
    for (const [tensor, i] of this.arena.buffers)
      this.room.set(tensor, this.roomBuffers[this.imageTensors.length + i]);
    this.images = n;
    this.cotangents = rows;
    this.resetSlots();
  }

  /** Every image of a forward pass goes on into the backward pass, in order: to be said again after a compaction. */
  resetSlots(): void {
    if (this.images === 0) return;
    const slots = Uint32Array.from({ length: this.images }, (_, i) => i);
    this.gpu.device.queue.writeBuffer(this.bufferOf(this.plan.slots), 0, slots);
  }

  bufferOf(tensor: Tensor): GPUBuffer {
    const buffer = this.constants.get(tensor) ?? this.room.get(tensor);
    if (!buffer) throw new Error(`webgpu: ${tensor.label} has no buffer`);
    return buffer;
  }

  /** Tells the kernels what the call works on. */
  setCall({ images, running, lanes, first = 0 }: Call): void {
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.call, 0, Uint32Array.of(images, running, lanes, first, this.plan.classes));
  }

  /** Other parameters for a dispatch, from the next submission on. */
  setParams(dispatch: Dispatch, params: Readonly<Record<string, number>>): void {
    const bytes = packParams({ ...dispatch, params: { ...dispatch.params, ...params } });
    this.gpu.device.queue.writeBuffer(this.params, this.offsets.get(dispatch) as number, bytes);
  }

  /**
   * Records dispatches for at most `call`, which must be prepared for; the kernels themselves see what `setCall` or a
   * kernel wrote.
   *
   * @param sizes where a kernel has written the number of workgroups of some of the dispatches
   */
  encode(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[], call: Call, sizes?: Sizes): void {
    for (const dispatch of dispatches) {
      const { chosen, groups } = this.choose(dispatch, call);
      if (groups === 0) continue;
      // Two dimensions of about even fill, so that few groups are left over.
      const height = Math.ceil(groups / MOST_GROUPS);
      pass.setPipeline((this.pipelines.get(chosen.shader.name) as Pipeline).pipeline);
      pass.setBindGroup(0, this.bindGroup(chosen));
      const offset = sizes?.offsets.get(dispatch);
      if (sizes && offset !== undefined) pass.dispatchWorkgroupsIndirect(sizes.buffer, offset);
      else pass.dispatchWorkgroups(Math.ceil(groups / height), height);
    }
  }

  /** Multiply-adds of a dispatch, at most. */
  macsOf({ shader, macs = 0 }: Dispatch, call: Call): number {
    return macs * extentOf(shader, call);
  }

  /** The variant of a dispatch for a call, and its number of workgroups. */
  choose(dispatch: Dispatch, call: Call): { chosen: Dispatch; groups: number } {
    const groups = groupsOf(dispatch, call);
    if (!dispatch.small || groups >= this.tuning.enoughGroups) return { chosen: dispatch, groups };
    return { chosen: dispatch.small as Dispatch, groups: groupsOf(dispatch.small as Dispatch, call) };
  }

  private bindGroup(dispatch: Dispatch): GPUBindGroup {
    const known = this.groups.get(dispatch);
    if (known) return known;
    const { layout } = this.pipelines.get(dispatch.shader.name) as Pipeline;
    const size = Math.max(16, Math.ceil(Object.keys(dispatch.shader.params).length / 4) * 16);
    const buffers = [this.call, ...[...dispatch.reads, ...dispatch.writes].map((t) => this.bufferOf(t))];
    const group = this.gpu.device.createBindGroup({
      label: dispatch.label,
      layout,
      entries: [
        { binding: 0, resource: { buffer: this.params, offset: this.offsets.get(dispatch), size } },
        ...buffers.map((buffer, i) => ({ binding: 1 + i, resource: { buffer } })),
      ],
    });
    this.groups.set(dispatch, group);
    return group;
  }

  private freeRoom(): void {
    for (const buffer of this.roomBuffers) buffer.destroy();
    this.roomBuffers = [];
    this.room = new Map();
    this.groups.clear();
    this.images = 0;
    this.cotangents = 0;
  }

  dispose(): void {
    this.freeRoom();
    this.params.destroy();
    for (const buffer of this.constants.values()) buffer.destroy();
  }
}

/** Stands for the buffer of {@link Call} among the constants. */
const CALL: Tensor = { label: "call", units: CALL_FIELDS.length, extent: "constant" };

/** Tensors of cotangents that dispatches write. */
function cotangentsOf(dispatches: readonly Dispatch[]): Tensor[] {
  return dispatches.flatMap(({ writes }) => writes.filter(({ extent }) => extent === "cotangents"));
}

function groupsOf({ shader, groups }: Dispatch, call: Call): number {
  return groups.times * Math.ceil((extentOf(shader, call) * groups.rows) / groups.tile);
}

function extentOf({ extent }: Shader, { images, running, lanes }: Call): number {
  return { images, running, cotangents: running * lanes }[extent];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
