import { EngineError } from "../../errors.js";
import type { Gpu } from "./device.js";
import { bufferLimit, createBuffers } from "./memory.js";
import { COPY_DST, COPY_SRC } from "./usage.js";

/** Where an image lies on the device. */
export interface Place {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** Images on the device, each uploaded when it is first wanted; where not all find room, those lately wanted stay. */
export class ImageStore {
  /** Slot of each image that is there. */
  private readonly slots = new Map<number, number>();

  private constructor(
    private readonly gpu: Gpu,
    private readonly images: Float32Array,
    private readonly size: number,
    /** Images that there is room for. */
    readonly capacity: number,
    private readonly perBuffer: number,
    private readonly buffers: readonly GPUBuffer[],
  ) {}

  /**
   * Room for the images, or for fewer of them where they are more than `budget` bytes or the memory does not suffice.
   *
   * @throws EngineError if there is none for a single image
   */
  static async create(gpu: Gpu, images: Float32Array, size: number, budget: number): Promise<ImageStore> {
    const total = images.length / size;
    const perBuffer = Math.max(1, Math.floor(bufferLimit(gpu.device) / (4 * size)));
    let capacity = Math.max(1, Math.min(total, Math.floor(budget / (4 * size))));
    for (;;) {
      const requests = Array.from({ length: Math.ceil(capacity / perBuffer) }, (_, i) => ({
        label: "crafting images",
        bytes: 4 * size * Math.min(perBuffer, capacity - i * perBuffer),
        usage: COPY_SRC | COPY_DST,
      }));
      try {
        return new ImageStore(gpu, images, size, capacity, perBuffer, await createBuffers(gpu, requests));
      } catch (error) {
        gpu.assertLive("webgpu");
        if (capacity === 1 || !(error instanceof EngineError)) throw error;
        capacity = Math.ceil(capacity / 8);
      }
    }
  }

  /** Where these images are, at most `capacity`, once what is submitted from now on runs. */
  places(indices: ArrayLike<number>): Place[] {
    const wanted = Array.from(indices);
    const missing = wanted.filter((index) => !this.slots.has(index));
    if (this.slots.size + missing.length > this.capacity) this.slots.clear();
    return wanted.map((index) => {
      const known = this.slots.get(index);
      const slot = known ?? this.slots.size;
      const place = {
        buffer: this.buffers[Math.floor(slot / this.perBuffer)],
        offset: 4 * this.size * (slot % this.perBuffer),
      };
      if (known === undefined) {
        const image = this.images.slice(index * this.size, (index + 1) * this.size);
        this.gpu.device.queue.writeBuffer(place.buffer, place.offset, image);
        this.slots.set(index, slot);
      }
      return place;
    });
  }

  dispose(): void {
    for (const buffer of this.buffers) buffer.destroy();
    this.slots.clear();
  }
}
