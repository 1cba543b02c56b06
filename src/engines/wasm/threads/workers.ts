import { EngineError } from "../../../errors.js";
import type { Planned, WasmBackend } from "../wasm_backend.js";
import { Pool, type PoolOptions } from "./pool.js";

/** Ends the workers of a backend that was dropped without `dispose`; a pending call holds it. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Pool>((pool) => pool.dispose());

/** Computes on workers. */
export async function workers(
  planned: Planned,
  module: WebAssembly.Module,
  options: PoolOptions,
): Promise<WasmBackend> {
  const pool = await Pool.start(planned, module, options);
  const backend: WasmBackend = {
    name: "wasm",
    logits: async (images, signal) => (await pool.logits(images, signal)).logits,
    async jacobian(images, request) {
      const { values, ...rest } = await pool.jacobian(images, request);
      request.values.set(values);
      return rest;
    },
    async gradient(images, request) {
      const { values, ...rest } = await pool.gradient(images, request);
      request.values.set(values);
      return rest;
    },
    deepfool: (images, request) => pool.deepfool(images, request),
    profile: async () => {
      throw new EngineError("profile: the engine runs on workers, expected one compiled with { threads: 0 }");
    },
    dispose: () => {
      abandoned.unregister(pool);
      pool.dispose();
    },
  };
  // Nothing that the pool or its workers hold leads back to this object, but for calls on their way.
  abandoned.register(backend, pool, pool);
  return backend;
}
