import { EngineError } from "../../errors.js";
import type { Shader } from "../../kernels/webgpu/shader.js";
import { STAGE_COMPUTE } from "./usage.js";

/** A compiled kernel. */
export interface Pipeline {
  readonly shader: Shader;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const caches = new WeakMap<GPUDevice, Map<string, Promise<Pipeline>>>();

/**
 * The pipeline of a kernel on a device, made once: a shader's name says all that its code depends on. Pipelines
 * compile in parallel; await them together.
 *
 * @throws EngineError with the compiler's first message where the device refuses a shader
 */
export function pipelineFor(device: GPUDevice, shader: Shader): Promise<Pipeline> {
  let cache = caches.get(device);
  if (!cache) {
    cache = new Map();
    caches.set(device, cache);
  }
  const known = cache.get(shader.name);
  if (known) return known;
  const made = compile(device, shader);
  cache.set(shader.name, made);
  // What was refused may be granted later, with more memory.
  made.catch(() => cache.delete(shader.name));
  return made;
}

async function compile(device: GPUDevice, shader: Shader): Promise<Pipeline> {
  const { name: label, reads, writes, writesCall } = shader;
  const storage = (type: GPUBufferBindingType, binding: number): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: STAGE_COMPUTE,
    buffer: { type },
  });
  const layout = device.createBindGroupLayout({
    label,
    entries: [
      storage("uniform", 0),
      storage(writesCall ? "storage" : "read-only-storage", 1),
      ...reads.map((_, i) => storage("read-only-storage", 2 + i)),
      ...writes.map((_, i) => storage("storage", 2 + reads.length + i)),
    ],
  });
  // What the compiler says goes into the error below, and to nobody's console.
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label, code: shader.code });
  device.popErrorScope().catch(() => {});
  try {
    const pipeline = await device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    return { shader, pipeline, layout };
  } catch (cause) {
    const { messages } = await module.getCompilationInfo();
    const first = messages.find(({ type }) => type === "error");
    const where = first ? `line ${first.lineNum}: ${first.message}` : String(cause);
    throw new EngineError(`webgpu: the device refuses kernel ${label} (${where.split("\n")[0]})`, { cause });
  }
}
