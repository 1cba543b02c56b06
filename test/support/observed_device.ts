/** A device that tells what is done with it, and may pretend to be less able than it is. */
export interface ObservedDevice {
  /** To be passed on; it works like the device it stands for. */
  readonly device: GPUDevice;
  /** Buffers that were made and not yet destroyed. */
  readonly live: ReadonlySet<GPUBuffer>;
  /** Largest buffer so far, in bytes. */
  largest: number;
  /** Submissions to the queue so far. */
  submissions: number;
  /** Bytes written to buffers through the queue, and bytes mapped to be read, so far. */
  uploaded: number;
  read: number;
  /** Workgroups of each dispatch so far whose number the host said, in two dimensions, and how many the device said. */
  readonly dispatches: (readonly [x: number, y: number])[];
  indirect: number;
}

/** @param limits that the device pretends to have */
export function observe(
  real: GPUDevice,
  limits: Partial<Record<keyof GPUSupportedLimits, number>> = {},
): ObservedDevice {
  const live = new Set<GPUBuffer>();
  const queue = stand(real.queue, {
    submit: (buffers: Iterable<GPUCommandBuffer>) => {
      observed.submissions++;
      real.queue.submit(buffers);
    },
    writeBuffer: (...[buffer, offset, data, ...part]: Parameters<GPUQueue["writeBuffer"]>) => {
      observed.uploaded += data.byteLength;
      real.queue.writeBuffer(buffer, offset, data, ...part);
    },
  });
  const device = stand(real, {
    queue,
    limits: stand(real.limits, limits),
    createCommandEncoder: (descriptor?: GPUCommandEncoderDescriptor) => {
      const encoder = real.createCommandEncoder(descriptor);
      return stand(encoder, {
        beginComputePass: (of?: GPUComputePassDescriptor) => {
          const pass = encoder.beginComputePass(of);
          return stand(pass, {
            dispatchWorkgroups: (x: number, y = 1) => {
              observed.dispatches.push([x, y]);
              pass.dispatchWorkgroups(x, y);
            },
            dispatchWorkgroupsIndirect: (buffer: GPUBuffer, offset: number) => {
              observed.indirect++;
              pass.dispatchWorkgroupsIndirect(buffer, offset);
            },
          });
        },
      });
    },
    createBuffer: (descriptor: GPUBufferDescriptor) => {
      const buffer = real.createBuffer(descriptor);
      live.add(buffer);
      observed.largest = Math.max(observed.largest, buffer.size);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        live.delete(buffer);
        return destroy();
      };
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (mode, offset = 0, size = buffer.size - offset) => {
        observed.read += size;
        return mapAsync(mode, offset, size);
      };
      return buffer;
    },
  });
  const observed: ObservedDevice = {
    device,
    live,
    largest: 0,
    submissions: 0,
    uploaded: 0,
    read: 0,
    dispatches: [],
    indirect: 0,
  };
  return observed;
}

/** An object that has some properties of its own and the others of the one it stands for. */
function stand<T extends object>(real: T, own: object): T {
  return new Proxy(real, {
    get(target, name) {
      if (name in own) return own[name as keyof typeof own];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
