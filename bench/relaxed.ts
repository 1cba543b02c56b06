import { setFlagsFromString } from "node:v8";
import { relaxedModule } from "../src/kernels/wasm/module.generated.js";

/**
 * Turns relaxed SIMD on in a Node that has it behind a flag (20); later ones have it on and do not know the flag. Must
 * be called before any module is compiled, and in every worker. The library never does this.
 */
export function allowRelaxedSimd(): void {
  if (!WebAssembly.validate(Buffer.from(relaxedModule, "base64")))
    setFlagsFromString("--experimental-wasm-relaxed-simd");
}
