import { openGpu, requestTestDevice } from "../../test/support/webgpu.js";
import type { Roofline } from "../roofline/peak.js";

/** Multiply-adds of every number in one call of the first shader, and numbers an invocation. */
const STEPS = 1024;
const NUMBERS = 16;

/** Four chains of multiply-adds of vectors in registers, independent of each other; nothing is read. */
const MULTIPLY_ADD = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(0.999 + f32(id.x) * 1e-9);
  var a = vec4f(f32(id.x));
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  for (var i = 0u; i < ${STEPS / 4}u; i++) {
    ${Array.from({ length: 4 }, () => [..."abcd"].map((x) => `${x} = fma(${x}, factor, factor);`).join(" ")).join("\n    ")}
  }
  let sum = a + b + c + d;
  // Never so, but the compiler cannot know.
  if (sum.x == -1.0) { out[id.x] = sum; }
}
`;

const COPY = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(1) var<storage, read> values: array<vec4f>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < arrayLength(&out); i += groups.x * 256u) { out[i] = values[i]; }
}
`;

/**
 * What the adapter can do in WGSL: multiply-adds of float32 a second, and bytes a second read and written by a copy
 * that fits no cache. Both by the clock of the CPU, over enough dispatches to hide the way there and back.
 *
 * @throws Error where there is no adapter
 */
export async function measureGpuRoofline(): Promise<Roofline> {
  const gpu = await openGpu();
  if (!gpu) throw new Error("no WebGPU adapter, expected one");
  const device = await requestTestDevice(gpu, { features: [] });
  try {
    const bytes = Math.min(2 ** 28, device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    const [to, from] = [0, 1].map(() => device.createBuffer({ size: bytes, usage: STORAGE }));
    const groups = 4096;
    const macs = await rate(device, MULTIPLY_ADD, [to], groups);
    const copies = await rate(device, COPY, [to, from], groups);
    return {
      variant: "webgpu",
      threads: 1,
      gflops: (2 * STEPS * NUMBERS * 256 * groups * macs) / 1e9,
      bandwidth: { memory: (2 * bytes * copies) / 1e9 },
    };
  } finally {
    device.destroy();
  }
}

/** GPUBufferUsage.STORAGE, which Node has no name for. */
const STORAGE = 128;

/** Dispatches a second, the best of several windows of at least 30 ms. */
async function rate(
  device: GPUDevice,
  code: string,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<number> {
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const seconds = async (dispatches: number): Promise<number> => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(groups);
    pass.end();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / 1000;
  };
  let dispatches = 1;
  while ((await seconds(dispatches)) < 0.03 && dispatches < 4096) dispatches *= 2;
  let best = 0;
  for (let i = 0; i < 5; i++) best = Math.max(best, dispatches / (await seconds(dispatches)));
  return best;
}
