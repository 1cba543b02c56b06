import { EngineError } from "../../../errors.js";
import { memoryFlagsAt, relaxedProbe, simdProbe } from "../../../kernels/wasm/module.generated.js";

/** The kernel modules: "relaxed" has fused multiply-add; "simd" rounds products and sums, the same on every machine. */
export type Variant = "simd" | "relaxed";

/**
 * The fused variant where the host accepts it and nobody forbids it; SIMD is required.
 *
 * @param deterministic no fused multiply-add
 * @throws EngineError where WebAssembly SIMD is missing
 */
export function chooseVariant(deterministic: boolean): Variant {
  if (typeof WebAssembly !== "object")
    throw new EngineError('compile: this platform has no WebAssembly, expected it for { backend: "wasm" }');
  if (!deterministic && WebAssembly.validate(bytesOf(relaxedProbe))) return "relaxed";
  if (!WebAssembly.validate(bytesOf(simdProbe)))
    throw new EngineError(
      'compile: this platform has no WebAssembly SIMD, expected it for { backend: "wasm" }; { backend: "reference" } runs anywhere',
    );
  return "simd";
}

/** Limits flags of an imported memory: it has a maximum; it is shared too. */
const WITH_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

/**
 * The bytes of a variant; the other one is not loaded.
 *
 * @param shared the module will be given a shared memory: it takes the same bytes but for one of its import
 */
export async function moduleOf(variant: Variant, shared: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { deflated } = await (variant === "relaxed"
    ? import("../../../kernels/wasm/relaxed_module.generated.js")
    : import("../../../kernels/wasm/simd_module.generated.js"));
  const bytes = await inflate(bytesOf(deflated));
  bytes[memoryFlagsAt] = shared ? SHARED_WITH_MAXIMUM : WITH_MAXIMUM;
  return bytes;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  // Browsers have had SIMD for longer.
  if (typeof DecompressionStream !== "function") {
    const { inflateSync } = await import("fflate");
    return inflateSync(bytes) as Uint8Array<ArrayBuffer>;
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
