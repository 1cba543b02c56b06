import { EngineError } from "../../errors.js";
import type { Gpu } from "./device.js";
import { createBuffers } from "./memory.js";
import { COPY_DST, MAP_MODE_READ, MAP_READ } from "./usage.js";

/** One range of a buffer on the device, to be read. */
export interface ReadRequest {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Mapped memory, as numbers of one type or another. */
export interface Range {
  readonly floats: () => Float32Array;
  readonly words: () => Uint32Array;
}

/** Brings results to the host, through one staging buffer that grows to the largest that was asked for. */
export class Readback {
  private staging: GPUBuffer | undefined;

  constructor(private readonly gpu: Gpu) {}

  /** Room for this many bytes; to be asked for before the commands are recorded. */
  async reserve(bytes: number): Promise<void> {
    if (this.staging && this.staging.size >= bytes) return;
    this.staging?.destroy();
    this.staging = undefined;
    [this.staging] = await createBuffers(this.gpu, [{ label: "results", bytes, usage: MAP_READ | COPY_DST }]);
  }

  /** Records copies into the staging buffer, one after the other. */
  record(encoder: GPUCommandEncoder, requests: readonly ReadRequest[]): void {
    let at = 0;
    for (const { buffer, bytes } of requests) {
      encoder.copyBufferToBuffer(buffer, 0, this.staging as GPUBuffer, at, bytes);
      at += bytes;
    }
  }

  /**
   * Waits for what was recorded and submitted, and hands each range to its reader, which must copy what it keeps: the
   * memory is gone when the reader returns.
   *
   * @throws EngineError if the device is lost, or the engine was disposed meanwhile
   */
  async read(caller: string, requests: readonly ReadRequest[], readers: readonly ((range: Range) => void)[]) {
    const staging = this.staging as GPUBuffer;
    const total = requests.reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      await this.gpu.unlessLost(staging.mapAsync(MAP_MODE_READ, 0, total));
    } catch (cause) {
      if (cause instanceof EngineError) throw cause;
      this.gpu.assertLive(caller);
      throw new EngineError(`${caller}: the device gives no results, expected ${total} bytes`, { cause });
    }
    try {
      this.gpu.assertLive(caller);
      const bytes = staging.getMappedRange(0, total);
      let at = 0;
      requests.forEach((request, i) => {
        const start = at;
        readers[i]({
          floats: () => new Float32Array(bytes, start, request.bytes / 4),
          words: () => new Uint32Array(bytes, start, request.bytes / 4),
        });
        at += request.bytes;
      });
    } finally {
      // Also where a reader throws, as it does when the caller has detached the array for the results.
      staging.unmap();
    }
  }

  dispose(): void {
    this.staging?.destroy();
    this.staging = undefined;
  }
}
