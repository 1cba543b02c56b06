import { createWebgpuEngine, type WebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { Tuning } from "../../src/engines/webgpu/tuning.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import type { EngineUnderTest } from "./engines.js";
import { webgpuValues } from "./forward_values.js";

/** Where a device comes from; undefined where there is none. */
export const gpu = await openGpu();

let shared: Promise<GPUDevice> | undefined;

/** The device of this test file. Engines share it, because a kernel compiles once for a device, and takes a while. */
export function sharedDevice(): Promise<GPUDevice> {
  shared ??= requestTestDevice(gpu as GPU);
  return shared;
}

/** The engine on the shared device, with thresholds moved so that it does what it would do on other devices or calls. */
export function webgpu(name: string, tuning: Partial<Tuning> = {}): EngineUnderTest<WebgpuEngine> {
  return {
    name,
    starts: "at once",
    rounding: "webgpu",
    valuesOf: async (network, input, image) => webgpuValues(await sharedDevice(), network, input, image),
    create: async (network, input) =>
      createWebgpuEngine(network, input, { device: await sharedDevice() }, tuning),
  };
}

/** What the suites of every engine run on; none where there is no device. */
export const webgpuEngines: readonly EngineUnderTest<WebgpuEngine>[] = gpu ? [webgpu("webgpu")] : [];
