import { setFlagsFromString } from "node:v8";
import type { Engine } from "../../src/engines/engine.js";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { createWasmEngine, type WasmEngine } from "../../src/engines/wasm/engine.js";
import { chooseVariant } from "../../src/engines/wasm/run/variant.js";
import type { InputTransform } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { wasmValues } from "./forward_values.js";

/** An engine as the suites that every engine goes through see it. */
export interface EngineUnderTest<E extends Engine = Engine> {
  readonly name: string;
  /**
   * What starting it costs: where the others get every case, engines that start workers get a sample, and one in a page,
   * where kernels compile slowly, a sample with every operator and kernel.
   */
  readonly starts: "at once" | "workers" | "in a page";
  create(network: Network, input: InputTransform): Promise<E>;
  /** How it rounds: engines with the same word have the same bits. */
  readonly rounding: string;
  /** Every value of its forward pass over one image, by node; engines that are compared with nothing have none. */
  valuesOf?(network: Network, input: InputTransform, image: Float32Array): Promise<Map<string, Float32Array>>;
}

// Node 20 has relaxed SIMD behind a flag. The library never sets flags; whoever runs it may.
setFlagsFromString("--experimental-wasm-relaxed-simd");

export function wasm(
  name: string,
  variant: WasmEngine["variant"],
  threads: number,
): EngineUnderTest<WasmEngine> {
  return {
    name,
    starts: threads > 0 ? "workers" : "at once",
    rounding: variant,
    valuesOf: (network, input, image) => wasmValues(network, input, image, variant === "simd"),
    async create(network, input) {
      const engine = await createWasmEngine(network, input, { threads, deterministic: variant === "simd" });
      // Falling back silently would test the wrong thing.
      if (engine.variant === variant && engine.threads === threads) return engine;
      engine.dispose();
      throw new Error(`${name}: got variant ${engine.variant} and ${engine.threads} threads`);
    },
  };
}

export const reference: EngineUnderTest = {
  name: "reference",
  starts: "at once",
  rounding: "float64",
  create: async (network, input) => createReferenceEngine(network, input),
};

const relaxed = chooseVariant(false) === "relaxed";
if (!relaxed) {
  if (process.env.CI === "true") throw new Error("engines: no relaxed SIMD here; CI must have it");
  console.log("engines: no relaxed SIMD here, its engines are skipped");
}

/** Every WASM engine that runs here; the threaded ones divide the variants among them. */
export const wasmEngines: readonly EngineUnderTest<WasmEngine>[] = [
  wasm("wasm-simd", "simd", 0),
  wasm("wasm-relaxed", "relaxed", 0),
  wasm("wasm-threads-1", "simd", 1),
  wasm("wasm-threads-2", "relaxed", 2),
  wasm("wasm-threads-4", "simd", 4),
].filter(({ name }) => relaxed || !/relaxed|threads-2/.test(name));

export const variants = relaxed ? (["simd", "relaxed"] as const) : (["simd"] as const);
