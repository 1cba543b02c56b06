/**
 * A GPU for tests and benchmarks in Node: Dawn, from the package `webgpu`, on a driver that computes on the CPU or on a
 * real one. UNIFOOL_GPU says which (see `wantedGpu`).
 */
import { create } from "webgpu";
import { chooseVulkanDrivers, SOFTWARE_DRIVERS, wantedGpu } from "./vulkan.js";

/** If the object that `create` returns is collected while a device lives, the process dies. */
const kept: GPU[] = [];
(globalThis as { keptGpus?: GPU[] }).keptGpus = kept;

let opened: Promise<GPU | undefined> | undefined;

/** Dawn with options of its own, such as `backend=null`; never collected. */
export function createDawn(...options: string[]): GPU {
  const gpu = create(options);
  kept.push(gpu);
  return gpu;
}

/**
 * What `navigator.gpu` is in a browser, always the same object. Undefined, with a line that says so, where no adapter
 * is found; in CI, and where UNIFOOL_GPU is set, there must be one.
 */
export function openGpu(): Promise<GPU | undefined> {
  opened ??= findGpu();
  return opened;
}

async function findGpu(): Promise<GPU | undefined> {
  const wanted = wantedGpu();
  chooseVulkanDrivers();
  const choices =
    wanted === "real"
      ? [[]]
      : SOFTWARE_DRIVERS.filter((d) => wanted === "software" || d.name === wanted).map((d) => [
          `adapter=${d.adapter}`,
        ]);
  for (const options of choices) {
    const gpu = createDawn(...options);
    const adapter = await bestAdapter(gpu).catch(() => null);
    if (!adapter) continue;
    console.log(`WebGPU on ${adapterName(adapter)}`);
    return gpu;
  }
  const missing = `no ${wanted} adapter (install one with .ci/install-vulkan, or see UNIFOOL_GPU)`;
  if (process.env.UNIFOOL_GPU !== undefined || process.env.CI === "true")
    throw new Error(`WebGPU: ${missing}`);
  console.log(`WebGPU is skipped: ${missing}`);
  return undefined;
}

function bestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: "high-performance" });
}

/** What it calls itself. */
export function adapterName({ info }: Pick<GPUAdapter, "info">): string {
  return info.description || info.device || "an adapter without a name";
}

/** Optional abilities that kernels may use. */
const FEATURES = ["shader-f16", "subgroups", "timestamp-query"] as const satisfies GPUFeatureName[];

/** How a device of the tests differs from the most able one. */
export interface TestDeviceOptions {
  /** Everything that the adapter has, or what every implementation has; default "adapter". */
  readonly limits?: "adapter" | "default";
  /** Default: of `shader-f16`, `subgroups` and `timestamp-query` those that the adapter has. */
  readonly features?: readonly GPUFeatureName[];
}

/**
 * A device of its own on the adapter of `gpu`. An error that nothing catches is thrown outside of every test, which
 * fails the run.
 *
 * @throws Error if there is no adapter or it lacks a feature
 */
export async function requestTestDevice(
  gpu: GPU,
  { limits = "adapter", features }: TestDeviceOptions = {},
): Promise<GPUDevice> {
  const adapter = await bestAdapter(gpu);
  if (!adapter) throw new Error("requestTestDevice: gpu has no adapter");
  const device = await adapter.requestDevice({
    requiredFeatures: features ?? FEATURES.filter((name) => adapter.features.has(name)),
    requiredLimits: limits === "adapter" ? limitsOf(adapter) : {},
  });
  device.addEventListener("uncapturederror", ({ error }) => {
    setImmediate(() => {
      throw new Error(`WebGPU: ${error.message}`);
    });
  });
  return device;
}

function limitsOf({ limits }: GPUAdapter): Record<string, number> {
  const all: Record<string, number> = {};
  for (const name in limits) all[name] = limits[name as keyof GPUSupportedLimits] as number;
  return all;
}
