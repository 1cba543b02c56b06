import type { EngineBackend } from "../backend.js";
import type { planProgram } from "./plan/program.js";
import type { LayerTime } from "./run/profile.js";

/** What computes: a session on this thread, or workers. */
export interface WasmBackend extends EngineBackend<"wasm"> {
  /**
   * Time, live work and rate of every kernel call of one Jacobian, or of one gradient where `classes` is 0.
   *
   * @throws EngineError on workers
   */
  profile(
    image: Float32Array,
    options: { readonly classes: number; readonly repeats?: number },
  ): Promise<LayerTime[]>;
}

export type Planned = ReturnType<typeof planProgram>;
