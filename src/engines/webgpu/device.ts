import { EngineError } from "../../errors.js";
import { importInstalled } from "../../kernels/import_installed.js";
import { isSoftware } from "./software.js";

/** A device and what becomes known of it: its loss, and errors that no call was waiting for. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapterName: string;
  /** The adapter is software. */
  readonly onProcessor: boolean;
  /** Throws an EngineError that starts with `caller` once the device is lost, or has refused what the engine asked. */
  readonly assertLive: (caller: string) => void;
  /** Settles as `work` does, or rejects when the device is lost: some implementations never settle mapAsync then. */
  readonly unlessLost: <T>(work: Promise<T>) => Promise<T>;
  /** Destroys the device, unless it is the caller's. */
  readonly dispose: () => void;
}

export interface GpuOptions {
  /** A device of the caller's, which stays the caller's. */
  readonly device?: GPUDevice;
  /** Where to look for an adapter; default `navigator.gpu`, else the npm package `webgpu`. */
  readonly gpu?: GPU;
  /** One that was asked for already, and has given no device yet. */
  readonly adapter?: GPUAdapter;
}

/** Limits that larger is better for; all that the adapter has is asked for. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage",
] as const;

/**
 * Opens a device with all that its adapter allows.
 *
 * @throws EngineError where there is no WebGPU or no adapter, or the device that was passed in is lost
 */
export async function openGpu({ device, gpu, adapter: asked }: GpuOptions): Promise<Gpu> {
  if (device) return watch(device, false, device.adapterInfo);
  const adapter = asked ?? (await findAdapter(gpu));
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = (["timestamp-query"] as const).filter((name) => adapter.features.has(name));
  const { info } = adapter;
  try {
    const opened = await adapter.requestDevice({ label: "unifool", requiredLimits, requiredFeatures });
    return watch(opened, true, info);
  } catch (cause) {
    const reason = String((cause as Error).message).split("\n")[0];
    throw new EngineError(
      `compile: the WebGPU adapter ("${nameOf(info)}") gives no device (${reason}), expected one; { backend: "wasm" } needs none`,
      { cause },
    );
  }
}

/**
 * The fastest adapter, software or not.
 *
 * @throws EngineError where there is no WebGPU or no adapter
 */
export async function findAdapter(gpu?: GPU): Promise<GPUAdapter> {
  const found = gpu ?? (await findGpu());
  const adapter = await found.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw new EngineError('compile: no WebGPU adapter, expected a GPU; { backend: "wasm" } needs none');
  return adapter;
}

/** Browsers may keep the description to themselves, and old ones the whole information. */
export function nameOf(info: GPUAdapterInfo | undefined): string {
  return info?.description || [info?.vendor, info?.architecture].filter(Boolean).join(" ") || "unnamed";
}

async function findGpu(): Promise<GPU> {
  const own = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (own) return own;
  if (globalThis.process?.versions?.node) return nodeGpu();
  const cause =
    globalThis.isSecureContext === false
      ? "expected a page served by https or from localhost, where browsers have WebGPU"
      : "expected WebGPU";
  throw new EngineError(`compile: navigator.gpu is missing, ${cause}; use { backend: "wasm" }`);
}

/** Dawn for Node. The object that `create` returns must never be collected while a device lives. */
async function nodeGpu(): Promise<GPU> {
  const kept = globalThis as { [DAWN]?: GPU };
  if (kept[DAWN]) return kept[DAWN];
  let dawn: { create(options: string[]): GPU; globals: object };
  try {
    dawn = (await importInstalled("webgpu")) as typeof dawn;
  } catch (cause) {
    throw new EngineError(
      'compile: backend "webgpu" needs the npm package webgpu in Node, expected it beside unifool (npm install webgpu)',
      { cause },
    );
  }
  kept[DAWN] = dawn.create([]);
  return kept[DAWN];
}

const DAWN = Symbol.for("unifool.dawn");

function watch(device: GPUDevice, own: boolean, info: GPUAdapterInfo | undefined): Gpu {
  let reason: string | undefined;
  const fail = (caller: string) =>
    new EngineError(`${caller}: ${reason}, expected it to live; compile again for a new device`);
  const assertLive = (caller: string): void => {
    if (reason) throw fail(caller);
  };
  // Not a race with one promise, which would keep a reaction for every call until the device is lost.
  const waiting = new Set<(error: EngineError) => void>();
  void device.lost.then(({ reason: kind, message }) => {
    reason = `the GPU device was lost (${kind}${message && `: ${message.split("\n")[0]}`})`;
    for (const reject of waiting) reject(fail("webgpu"));
  });
  // Commands that the device refuses leave results as they were. A device of the caller's may have errors of the caller's.
  if (own)
    device.addEventListener("uncapturederror", ({ error }) => {
      reason ??= `the GPU device refused a command (${error.message.split("\n")[0]})`;
    });
  return {
    device,
    adapterName: nameOf(info),
    onProcessor: isSoftware(info),
    assertLive,
    unlessLost: (work) =>
      new Promise((resolve, reject) => {
        if (reason) reject(fail("webgpu"));
        waiting.add(reject);
        void work.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    dispose: () => {
      if (own) device.destroy();
    },
  };
}
