import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { globals } from "webgpu";
import { openGpu, requestTestDevice } from "./webgpu.js";
import { lintWgsl } from "./wgsl_lint.js";

const ADD = /* wgsl */ `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&sum)) {
    sum[id.x] = a[id.x] + b[id.x];
  }
}
`;

const { GPUBufferUsage, GPUMapMode } = globals as typeof globalThis;
const gpu = await openGpu();

describe.skipIf(!gpu)("the test device", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await requestTestDevice(gpu as GPU);
  });
  afterAll(() => device.destroy());

  it("adds two vectors", async () => {
    const length = 1000;
    const a = Float32Array.from({ length }, (_, i) => i / 7);
    const b = Float32Array.from({ length }, (_, i) => 3 - i * i);
    const size = 4 * length;
    const upload = (values: Float32Array<ArrayBuffer>): GPUBuffer => {
      const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
      device.queue.writeBuffer(buffer, 0, values);
      return buffer;
    };
    const sum = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const module = device.createShaderModule({ code: ADD });
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
    const buffers = [upload(a), upload(b), sum];
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(length / 64));
    pass.end();
    encoder.copyBufferToBuffer(sum, 0, read, 0, size);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    expect(new Float32Array(read.getMappedRange().slice(0))).toEqual(a.map((x, i) => x + b[i]));
  });

  it("has the limits of its adapter, or those that every device has", async () => {
    expect(device.limits.maxStorageBuffersPerShaderStage).toBeGreaterThan(8);
    const least = await requestTestDevice(gpu as GPU, { limits: "default", features: [] });
    expect(least.limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(least.features.has("shader-f16")).toBe(false);
    least.destroy();
  });
});

describe("lintWgsl", () => {
  it("has nothing to say of a good shader", async () => {
    expect(await lintWgsl(ADD)).toEqual([]);
    expect(await lintWgsl(`enable f16;\n${ADD.replaceAll("f32", "f16")}`)).toEqual([]);
  });

  it("says where a bad one is wrong", async () => {
    const [message] = await lintWgsl(ADD.replace("a[id.x] + b[id.x]", "a[id.x] + missing"));
    expect(message).toMatchObject({ type: "error", line: 9, column: 27 });
    expect(message.text).toContain("missing");
  });

  it("reports what only the pipeline finds out", async () => {
    const [message] = await lintWgsl(ADD.replace("(64)", "(512)"));
    expect(message).toMatchObject({ type: "error", line: 0 });
    expect(message.text).toContain("512");
    expect(await lintWgsl(`enable f16;\n${ADD}`, { features: [] })).not.toEqual([]);
  });
});
