import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { timed } from "../measure.js";
import type { BenchNetwork } from "../networks.js";
import { Absent, type Contender } from "./contender.js";
import { engineCall } from "./engine.js";

export type WasmVariant = "simd" | "relaxed";

/**
 * Our engine. `threads` 0 is the calling thread; `flagged`: fused multiply-add came by a flag, as the variant then says.
 *
 * @throws Absent where this runtime lacks the variant or threads
 */
export async function openWasm(
  { network, input, images }: BenchNetwork,
  variant: WasmVariant,
  threads: number,
  flagged = false,
): Promise<Contender> {
  const engine = await createWasmEngine(network, input, { deterministic: variant === "simd", threads });
  if (engine.threads !== threads || engine.variant !== variant) {
    engine.dispose();
    throw new Absent(
      engine.variant !== variant
        ? "there is no relaxed SIMD here"
        : `${threads} worker threads cannot be had here (${engine.threads} can)`,
    );
  }
  const build = flagged && variant === "relaxed" ? "relaxed-flag" : variant;
  const name = threads === 0 ? build : `${build}-${threads}t`;
  return {
    engine: "wasm",
    variant: name,
    threads: Math.max(1, threads),
    ours: true,
    async prepare(c) {
      const call = engineCall(engine, images, c);
      return { result: await call(), timed: timed(name, call, 300) };
    },
    close: () => engine.dispose(),
  };
}
