import { globals } from "webgpu";
import { adapterName, openGpu } from "../../test/support/webgpu.js";

/**
 * Gives this process `navigator.gpu` and the classes of WebGPU, where packages made for browsers look for them. Must be
 * called before they are loaded.
 *
 * @returns the name of the adapter
 * @throws Error where there is none
 */
export async function provideNavigatorGpu(): Promise<string> {
  const gpu = await openGpu();
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!gpu || !adapter) throw new Error("no WebGPU adapter");
  for (const [name, value] of Object.entries(globals))
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true });
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
  return adapterName(adapter);
}
