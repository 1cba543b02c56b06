import { EngineError } from "../../errors.js";
import { CallbackFailed } from "../../network/progress.js";
import type { Gpu } from "./device.js";
import { COPY_DST, COPY_SRC, INDIRECT, STORAGE } from "./usage.js";

/** One buffer to make. */
export interface BufferRequest {
  readonly label: string;
  readonly bytes: number;
  readonly usage?: number;
  /** What it holds from the start. */
  readonly data?: Float32Array | Int32Array | Uint32Array;
}

/**
 * Makes buffers, all or none.
 *
 * @param filled is told of the bytes that each holds from the start
 * @throws EngineError if one is larger than the device's limits or the memory does not suffice
 */
export async function createBuffers(
  { device, assertLive }: Gpu,
  requests: readonly BufferRequest[],
  filled?: (bytes: number) => void,
): Promise<GPUBuffer[]> {
  const most = bufferLimit(device);
  for (const { label, bytes } of requests)
    if (bytes > most)
      throw new EngineError(
        `webgpu: ${label} needs ${bytes} bytes, expected at most ${most}, the device's limit for a buffer`,
      );
  assertLive("webgpu");
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const made: GPUBuffer[] = [];
  let failure: unknown;
  try {
    for (const request of requests) {
      made.push(createBuffer(device, request));
      filled?.(request.data?.byteLength ?? 0);
    }
  } catch (error) {
    // Mapping a buffer that could not be made throws a RangeError.
    failure = error;
  }
  // Both at once: what shares the device may open scopes of its own meanwhile. A lost device may refuse.
  const [outOfMemory, invalid] = await Promise.all([
    device.popErrorScope().catch((error: unknown) => error),
    device.popErrorScope().catch((error: unknown) => error),
  ]);
  if (!failure && !outOfMemory && !invalid) return made;
  for (const buffer of made) buffer.destroy();
  if (failure instanceof CallbackFailed) throw failure;
  assertLive("webgpu");
  const total = requests.reduce((sum, { bytes }) => sum + bytes, 0);
  throw new EngineError(
    `webgpu: the device has no room for ${total} bytes in ${requests.length} buffers, expected more free memory`,
    { cause: failure ?? outOfMemory ?? invalid },
  );
}

/** Bytes that one buffer may have and be bound with. */
export function bufferLimit(device: GPUDevice): number {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  return Math.min(maxBufferSize, maxStorageBufferBindingSize);
}

function createBuffer(device: GPUDevice, { label, bytes, usage, data }: BufferRequest): GPUBuffer {
  const buffer = device.createBuffer({
    label,
    size: Math.max(16, 4 * Math.ceil(bytes / 4)),
    usage: usage ?? STORAGE | COPY_SRC | COPY_DST | INDIRECT,
    mappedAtCreation: data !== undefined,
  });
  if (data) {
    new Uint8Array(buffer.getMappedRange()).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    buffer.unmap();
  }
  return buffer;
}
