import { setFlagsFromString } from "node:v8";
import { hasRelaxedSimd } from "./fused.js";

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
