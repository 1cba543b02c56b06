import { createDawn } from "./webgpu.js";

/** What the compiler says of a shader; line and column from 1, 0 where a message is about none. */
export interface WgslMessage {
  readonly type: GPUCompilationMessageType;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface WgslLintOptions {
  /** Default: the only one there is. */
  readonly entryPoint?: string;
  /** Values of pipeline-overridable constants. */
  readonly constants?: Record<string, number>;
  /** What the shader may enable; default `shader-f16` and `subgroups`. */
  readonly features?: readonly GPUFeatureName[];
}

const devices = new Map<string, Promise<GPUDevice>>();

/**
 * Compiles a shader and creates its compute pipeline on Dawn's null backend, which needs no driver and runs nothing. Its
 * limits are WebGPU's defaults (256 invocations and 16 KiB of workgroup memory, 8 storage buffers), so a shader that
 * passes fits every device.
 *
 * @returns every message, warnings too; none for a clean shader
 */
export async function lintWgsl(
  code: string,
  { entryPoint, constants, features = ["shader-f16", "subgroups"] }: WgslLintOptions = {},
): Promise<WgslMessage[]> {
  const key = features.join();
  if (!devices.has(key)) devices.set(key, nullDevice(features));
  const device = (await devices.get(key)) as GPUDevice;
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  await device.popErrorScope();
  const found: WgslMessage[] = messages.map(({ type, lineNum, linePos, message }) => ({
    type,
    line: lineNum,
    column: linePos,
    text: message,
  }));
  if (found.some((m) => m.type === "error")) return found;
  const failure = await device
    .createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint, constants } })
    .then(
      () => undefined,
      (error: GPUPipelineError) => error.message,
    );
  if (failure !== undefined) found.push({ type: "error", line: 0, column: 0, text: failure });
  return found;
}

async function nullDevice(features: readonly GPUFeatureName[]): Promise<GPUDevice> {
  const adapter = await createDawn("backend=null").requestAdapter();
  if (!adapter) throw new Error("lintWgsl: Dawn has no null backend");
  return adapter.requestDevice({ requiredFeatures: features });
}
