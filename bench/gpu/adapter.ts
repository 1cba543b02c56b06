import { execFileSync } from "node:child_process";
import { adapterName, openGpu } from "../../test/support/webgpu.js";

/** The adapter that tests and benchmarks compute on. */
export interface AdapterReport {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly software: boolean;
  /** Card, driver and memory, where the vendor's tool tells. */
  readonly driver?: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** @throws Error where there is no adapter */
export async function describeAdapter(): Promise<AdapterReport> {
  const gpu = await openGpu();
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no WebGPU adapter, expected one");
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  const limits: Record<string, number> = {};
  for (const name in adapter.limits)
    limits[name] = adapter.limits[name as keyof GPUSupportedLimits] as number;
  return {
    name: adapterName(adapter),
    vendor,
    architecture,
    software: isFallbackAdapter,
    driver: isFallbackAdapter ? undefined : nvidiaDriver(),
    features: [...adapter.features],
    limits,
  };
}

/** Two lines for the top of a report. */
export function adapterText({ name, vendor, architecture, driver, limits, features }: AdapterReport): string {
  const optional = features.filter((f) => /^(shader-f16|subgroups|timestamp-query|.*matrix.*)$/.test(f));
  return (
    `${[name, vendor, architecture, driver].filter(Boolean).join(", ")}\n` +
    `${limits.maxComputeInvocationsPerWorkgroup} invocations and ${limits.maxComputeWorkgroupStorageSize} bytes a workgroup, ` +
    `bindings of ${limits.maxStorageBufferBindingSize} bytes; ${optional.join(", ")}`
  );
}

function nvidiaDriver(): string | undefined {
  try {
    const fields = ["name", "driver_version", "memory.total", "clocks.max.sm"];
    const command = [`--query-gpu=${fields}`, "--format=csv,noheader"];
    return execFileSync("nvidia-smi", command, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
