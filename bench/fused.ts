import { relaxedProbe } from "../src/kernels/wasm/module.generated.js";

/** Whether WebAssembly here has relaxed SIMD: browsers of 2023 and later, Node 22 and later, or 20 with its flag. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(atob(relaxedProbe), (byte) => byte.charCodeAt(0)));
}
