import { pipelineFor } from "../../src/engines/webgpu/pipelines.js";
import { type Dispatch, packParams, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { CALL_FIELDS } from "../../src/kernels/webgpu/shader.js";

export type Values = Float32Array | Int32Array | Uint32Array;

/** What `call` holds while kernels run. */
export interface Call {
  readonly images: number;
  /** Images of the backward pass; default all. */
  readonly running?: number;
  readonly lanes?: number;
  /** Default as many as lanes. */
  readonly first?: number;
  readonly classes?: number;
}

/** What `call` holds in the end, if a kernel writes it; of the results of {@link runDispatches}. */
export const CALL = new Tensor(CALL_FIELDS.length, "constant", "call");

/** Flags of WebGPU, whose names are no globals in Node. */
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [1, 4, 8, 64, 128];
/** Around every binding; an offset that every device allows. */
const MARGIN = 256;
/** NaN as a float, beyond everything as an index. */
const CANARY = 0x7fc3c3c3;
/** A NaN that no kernel computes. */
export const POISON = 0x7fc5a5a5;

/** 4-byte values of a tensor in this call. */
function lengthOf({ units, extent }: Tensor, { images, running = images, lanes = 1 }: Call): number {
  return units * (extent === "constant" ? 1 : extent === "images" ? images : running * lanes);
}

/**
 * Runs dispatches in order, as many workgroups each as it says and a few beyond, which must do nothing. Every tensor
 * lies between canaries; one without values is poisoned with NaN. Inputs and canaries are checked to be intact.
 *
 * @returns the values that each written tensor has in the end; read them as Int32Array by their buffer
 */
export async function runDispatches(
  device: GPUDevice,
  dispatches: readonly Dispatch[],
  values: ReadonlyMap<Tensor, Values>,
  call: Call,
): Promise<Map<Tensor, Float32Array>> {
  const { images, running = images, lanes = 1, first = lanes, classes = lanes } = call;
  const fields = { images, running, lanes, first, classes };
  const header = Uint32Array.from(CALL_FIELDS, (field) => fields[field]);
  const known = new Map([...values, [CALL, header] as const]);
  const tensors = new Set([CALL, ...dispatches.flatMap(({ reads, writes }) => [...reads, ...writes])]);
  const written = new Set(
    dispatches.flatMap(({ shader, writes }) => [...writes, ...(shader.writesCall ? [CALL] : [])]),
  );
  const buffers = new Map([...tensors].map((t) => [t, bufferOf(device, contents(t, known, call))]));
  const encoder = device.createCommandEncoder();
  for (const made of dispatches) {
    const { shader, reads, writes, groups } = made;
    const { pipeline, layout } = await pipelineFor(device, shader);
    const uniforms = packParams(made);
    const params = device.createBuffer({ size: uniforms.byteLength, usage: UNIFORM | COPY_DST });
    device.queue.writeBuffer(params, 0, uniforms);
    const bind = (buffer: GPUBuffer) => ({
      buffer,
      offset: MARGIN,
      size: buffer.size - 2 * MARGIN,
    });
    const entries = [CALL, ...reads, ...writes].map((t) => buffers.get(t) as GPUBuffer);
    const group = device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: params } },
        ...entries.map((buffer, i) => ({ binding: 1 + i, resource: bind(buffer) })),
      ],
    });
    const extent = { images, running, cotangents: running * lanes }[shader.extent];
    const count = groups.times * Math.ceil((extent * groups.rows) / groups.tile);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    // Folded, with workgroups to spare.
    pass.dispatchWorkgroups(Math.max(1, Math.ceil(count / 2)), 3);
    pass.end();
  }
  const readable = [...tensors].map((t) => {
    const from = buffers.get(t) as GPUBuffer;
    const to = device.createBuffer({ size: from.size, usage: MAP_READ | COPY_DST });
    encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
    return [t, to] as const;
  });
  device.queue.submit([encoder.finish()]);
  const results = new Map<Tensor, Float32Array>();
  for (const [tensor, buffer] of readable) {
    await buffer.mapAsync(1);
    const bits = new Uint32Array(buffer.getMappedRange().slice(0));
    buffer.destroy();
    const before = contents(tensor, known, call);
    const length = before.length - MARGIN / 2;
    const from = MARGIN / 4;
    bits.forEach((word, i) => {
      const own = i >= from && i < from + length;
      if ((!own || !written.has(tensor)) && word !== before[i])
        throw new Error(`${tensor.label} is changed at ${i - from} of ${length}`);
    });
    if (written.has(tensor)) results.set(tensor, new Float32Array(bits.buffer, 4 * from, length));
  }
  for (const buffer of buffers.values()) buffer.destroy();
  return results;
}

/** The bits that a tensor's buffer starts with. */
function contents(tensor: Tensor, values: ReadonlyMap<Tensor, Values>, call: Call): Uint32Array<ArrayBuffer> {
  const known = tensor.data ?? values.get(tensor);
  const length = lengthOf(tensor, call);
  if (!known) return margined(new Uint32Array(length).fill(POISON));
  if (known.length !== length)
    throw new Error(`${tensor.label} has ${known.length} values, expected ${length}`);
  return margined(new Uint32Array(known.buffer, known.byteOffset, length));
}

function margined(bits: Uint32Array): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(bits.length + MARGIN / 2).fill(CANARY);
  all.set(bits, MARGIN / 4);
  return all;
}

function bufferOf(device: GPUDevice, bits: Uint32Array<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({ size: bits.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(buffer, 0, bits);
  return buffer;
}
