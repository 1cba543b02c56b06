import { EngineError } from "../../errors.js";
import type { Gpu } from "./device.js";
import { bufferLimit } from "./memory.js";
import type { Stream } from "./stream.js";
import { COPY_SRC, MAP_MODE_WRITE, MAP_WRITE } from "./usage.js";

/** Bytes of mapped memory that wait for the next call; what is above them goes when its call ends. */
const KEPT = 2 ** 27;

/** The images of a call: theirs alone, whatever the caller does with the array meanwhile. */
export interface Staged {
  /** Values. */
  readonly length: number;
  /** The values, where the host still has them. */
  readonly values?: Float32Array<ArrayBuffer>;
  /** Brings values `from .. to` to the start of a buffer, before what the stream is given from now on. */
  readonly copy: (stream: Stream, from: number, to: number, target: GPUBuffer) => void;
  /** Resolves when they may be copied. */
  readonly ready: Promise<void>;
  /** To be called when all that copies them was submitted, or will never be; calls after the first do nothing. */
  readonly release: () => void;
}

/** An array that nobody changes before the call ends. */
export function unstaged(gpu: Pick<Gpu, "device">, values: Float32Array<ArrayBuffer>): Staged {
  return {
    length: values.length,
    values,
    copy: (_, from, to, target) => gpu.device.queue.writeBuffer(target, 0, values.subarray(from, to)),
    ready: Promise.resolve(),
    release: () => {},
  };
}

/**
 * Brings large batches to the device: the copy that a call needs of its images goes straight into mapped memory, from which the
 * device takes it. Otherwise it would be copied twice into memory that is new each time, which costs several times as much.
 */
export class Staging {
  /** Mapped, and nobody's. */
  private readonly free: GPUBuffer[] = [];
  private readonly all = new Set<GPUBuffer>();
  private disposed = false;

  constructor(
    private readonly gpu: Gpu,
    /** Batches of fewer bytes go through the queue. */
    private readonly leastBytes: number,
  ) {}

  /** Copies the images, before it returns. */
  take(images: Float32Array): Staged {
    const bytes = images.byteLength;
    const { gpu } = this;
    if (bytes < this.leastBytes || bytes > bufferLimit(gpu.device))
      return unstaged(gpu, new Float32Array(images));
    const found = this.find(bytes) ?? this.make(bytes);
    if (!found) return unstaged(gpu, new Float32Array(images));
    const { buffer, ready } = found;
    new Float32Array(buffer.getMappedRange(0, bytes)).set(images);
    let [mapped, released] = [true, false];
    const unmap = () => {
      if (mapped) buffer.unmap();
      mapped = false;
    };
    return {
      length: images.length,
      copy: (stream, from, to, target) => {
        unmap();
        stream.copy(buffer, 4 * from, target, 0, 4 * (to - from));
      },
      ready,
      release: () => {
        if (released) return;
        released = true;
        unmap();
        void this.putBack(buffer);
      },
    };
  }

  dispose(): void {
    this.disposed = true;
    for (const buffer of this.all) buffer.destroy();
    this.all.clear();
    this.free.length = 0;
  }

  /** The smallest that is large enough. */
  private find(bytes: number): { buffer: GPUBuffer; ready: Promise<void> } | undefined {
    const fits = this.free.filter(({ size }) => size >= bytes).sort((a, b) => a.size - b.size);
    if (fits.length === 0) return undefined;
    this.free.splice(this.free.indexOf(fits[0]), 1);
    return { buffer: fits[0], ready: Promise.resolve() };
  }

  /** A new one in place of those that are too small. */
  private make(bytes: number): { buffer: GPUBuffer; ready: Promise<void> } | undefined {
    for (const small of this.free.splice(0)) this.drop(small);
    const { device } = this.gpu;
    device.pushErrorScope("out-of-memory");
    let buffer: GPUBuffer | undefined;
    try {
      const usage = MAP_WRITE | COPY_SRC;
      buffer = device.createBuffer({ label: "staged images", size: bytes, usage, mappedAtCreation: true });
      this.all.add(buffer);
    } catch {
      // No memory to map: there may be some that is not mapped.
    }
    const refused = device.popErrorScope().catch(() => null);
    if (!buffer) return undefined;
    const ready = refused.then((cause) => {
      if (cause)
        throw new EngineError(
          `webgpu: the device has no room for ${bytes} bytes of images, expected more free memory`,
          { cause },
        );
    });
    // Whoever waits for it gets the error; nobody may.
    ready.catch(() => {});
    return { buffer, ready };
  }

  private async putBack(buffer: GPUBuffer): Promise<void> {
    if (this.disposed) return;
    const kept = [...this.all].reduce((sum, { size }) => sum + size, 0);
    if (kept > KEPT) return this.drop(buffer);
    try {
      await buffer.mapAsync(MAP_MODE_WRITE);
      if (!this.disposed) this.free.push(buffer);
    } catch {
      this.drop(buffer);
    }
  }

  private drop(buffer: GPUBuffer): void {
    this.all.delete(buffer);
    buffer.destroy();
  }
}
