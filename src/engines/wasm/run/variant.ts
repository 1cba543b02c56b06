import { EngineError } from "../../../errors.js";
import { memoryFlagsAt, plainModule, relaxedModule } from "../../../kernels/wasm/module.generated.js";

/** The kernel module that suits this platform. */
export interface Variant {
  /** "relaxed" has fused multiply-add; "simd" rounds products and sums, the same on every machine. */
  readonly name: "simd" | "relaxed";
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The fused variant where the host accepts it and nobody forbids it; SIMD is required.
 *
 * @param deterministic no fused multiply-add
 * @param shared the module will be given a shared memory
 * @throws EngineError where WebAssembly SIMD is missing
 */
export function chooseVariant(deterministic: boolean, shared: boolean): Variant {
  if (typeof WebAssembly !== "object")
    throw new EngineError('compile: this platform has no WebAssembly, expected it for { backend: "wasm" }');
  if (!deterministic) {
    const bytes = decode(relaxedModule, shared);
    if (WebAssembly.validate(bytes)) return { name: "relaxed", bytes };
  }
  const bytes = decode(plainModule, shared);
  if (!WebAssembly.validate(bytes))
    throw new EngineError(
      'compile: this platform has no WebAssembly SIMD, expected it for { backend: "wasm" }; { backend: "reference" } runs anywhere',
    );
  return { name: "simd", bytes };
}

/** Limits flags of an imported memory: it has a maximum; it is shared too. */
const WITH_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

/** Shared and private memory take the same module but for one byte of its import. */
function decode(base64: string, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  bytes[memoryFlagsAt] = shared ? SHARED_WITH_MAXIMUM : WITH_MAXIMUM;
  return bytes;
}
