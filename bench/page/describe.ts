import type { Adapter, Machine, Runtime } from "../runtime.js";

interface UserAgentData {
  readonly platform: string;
  getHighEntropyValues(hints: readonly string[]): Promise<{
    readonly architecture?: string;
    readonly fullVersionList?: readonly { readonly brand: string; readonly version: string }[];
  }>;
}

/** What a browser says of itself; older and other ones only in a line of text. */
export async function describeRuntime(): Promise<{ readonly runtime: Runtime; readonly platform: string }> {
  const { userAgent } = navigator;
  const data = (navigator as { userAgentData?: UserAgentData }).userAgentData;
  const { fullVersionList = [], architecture = "" } =
    (await data?.getHighEntropyValues(["fullVersionList", "architecture"])) ?? {};
  const brand = fullVersionList.find(({ brand: name }) => /Chrom|Edge|Opera/.test(name));
  const known = brand
    ? { name: brand.brand.replace(/^Headless/, ""), version: brand.version }
    : parse(userAgent);
  return {
    runtime: {
      ...known,
      isolated: globalThis.crossOriginIsolated,
      ...(/Headless/.test(userAgent) && { headless: true }),
    },
    platform: [data?.platform ?? navigator.platform, architecture].filter(Boolean).join(" "),
  };
}

/** Name and version from a line such as `Mozilla/5.0 (...) Gecko/20100101 Firefox/140.0`. */
export function parse(userAgent: string): Pick<Runtime, "name" | "version"> {
  const safari = /Version\/([\d.]+).* Safari\//.exec(userAgent);
  if (safari) return { name: "Safari", version: safari[1] };
  const found = /(Edg|Firefox|HeadlessChrome|Chrome)\/([\d.]+)/.exec(userAgent);
  if (!found) return { name: "a browser", version: "unknown" };
  const [, name, version] = found;
  return { name: NAMES[name] ?? name, version };
}

const NAMES: Readonly<Record<string, string>> = {
  Chrome: "Chromium",
  HeadlessChrome: "Chromium",
  Edg: "Edge",
};

/** The machine, as far as a page is told. */
export async function describePage(known: Partial<Machine> = {}): Promise<Machine> {
  const { runtime, platform } = await describeRuntime();
  return {
    cpu: "unknown",
    cores: navigator.hardwareConcurrency,
    memoryGB: (navigator as { deviceMemory?: number }).deviceMemory ?? 0,
    platform,
    date: new Date().toISOString(),
    command: "the bench page",
    ...known,
    runtime,
  };
}

/** What a driver calls itself where the processor plays a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

/** Undefined where WebGPU is missing or finds no adapter. */
export async function webgpuAdapter(): Promise<{ readonly gpu: GPU; readonly adapter: Adapter } | undefined> {
  const gpu = (navigator as { gpu?: GPU }).gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!gpu || !adapter) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed";
  const software = isFallbackAdapter || SOFTWARE.test([name, vendor, architecture].join(" "));
  return { gpu, adapter: { name, vendor, architecture, software } };
}

/** Undefined where a worker has no WebGL. */
export function webglAdapter(): Adapter | undefined {
  if (typeof OffscreenCanvas === "undefined") return undefined;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!gl) return undefined;
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return { name, software: SOFTWARE.test(name) };
}
