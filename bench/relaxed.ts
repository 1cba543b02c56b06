import { setFlagsFromString } from "node:v8";
import { relaxedProbe } from "../src/kernels/wasm/module.generated.js";

/** Whether WebAssembly in this process has relaxed SIMD: Node 22 and later, or 20 with its flag. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Buffer.from(relaxedProbe, "base64"));
}

/**
 * Turns relaxed SIMD on in a Node that has it behind a flag (20); later ones have it on and do not know the flag. Must
 * be called before any module is compiled, and in every worker. The library never does this, and a user of that Node does not
 * have it: rows that needed it say so.
 *
 * @returns whether the flag was needed
 */
export function allowRelaxedSimd(): boolean {
  if (hasRelaxedSimd()) return false;
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return true;
}
