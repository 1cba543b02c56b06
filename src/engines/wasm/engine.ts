import { EngineError, InvalidArgumentError } from "../../errors.js";
import { MAX_LANES } from "../../kernels/wasm/lowering.js";
import { TUNING, type Tuning } from "../../kernels/wasm/tuning.js";
import { fuse } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import type { Tell } from "../../network/progress.js";
import { simplifyAsNeeded } from "../../network/simplify_as_needed.js";
import { type Network, sizeOf } from "../../network/spec.js";
import { countClasses, countImages } from "../arguments.js";
import { factsOf } from "../backend.js";
import { createEngine } from "../create_engine.js";
import type { GradientEngine } from "../engine.js";
import { OutOfMemory } from "./plan/layout.js";
import { lowerAsNeeded } from "./plan/lower_as_needed.js";
import { planProgram } from "./plan/program.js";
import type { LayerTime } from "./run/profile.js";
import { chooseVariant, moduleOf, type Variant } from "./run/variant.js";
import { resolveThreads } from "./threads/count.js";
import type { PoolOptions } from "./threads/pool.js";
import { WorkersMissing } from "./threads/workers_missing.js";
import type { Planned, WasmBackend } from "./wasm_backend.js";

export interface WasmEngineOptions {
  /**
   * Worker threads. A number: that many workers, 0: none, everything runs on the calling thread. "auto" (default):
   * one for each processor up to 8. Without SharedArrayBuffer at most one worker, without workers none;
   * `engine.threads` says what came of it.
   */
  readonly threads?: "auto" | number;
  /** No fused multiply-add, so that results are the same on every machine. Default false. */
  readonly deterministic?: boolean;
  /** Where `unifool/worker` is served, for pages whose policy forbids workers from blobs. */
  readonly workerUrl?: string | URL;
  /** Told of "plan", "weights" and "workers". */
  readonly tell?: Tell;
}

export interface WasmEngine extends GradientEngine {
  readonly backend: "wasm";
  /** "relaxed" with fused multiply-add, else "simd". */
  readonly variant: "simd" | "relaxed";
  /** Workers at work; 0: the calling thread computes. */
  readonly threads: number;
  /** Why no workers could be started, where `threads` is "auto" and the calling thread computes instead. */
  readonly withoutWorkers?: string;
  /** Bytes of linear memory. */
  readonly memoryBytes: number;
  /**
   * Time, live work and rate of every kernel call of one Jacobian, or of one gradient where `classes` is 0; for benchmarks. Needs
   * `threads: 0`.
   *
   * @throws EngineError on an engine with workers
   */
  profile(
    image: Float32Array,
    options: { readonly classes: number; readonly repeats?: number },
  ): Promise<LayerTime[]>;
}

/**
 * The WASM SIMD engine: one forward pass an image, then a backward pass for every 12 cotangents, which sit in the
 * lanes and share the forward's masks. A gradient of one scalar takes a forward and a backward pass of a single lane.
 *
 * Logits and Jacobians are float32; an image's result is bitwise the same in any batch, on any call and for any
 * number of threads.
 *
 * @throws EngineError where WebAssembly SIMD is missing or memory does not suffice
 * @throws InvalidArgumentError for a number of threads that is none
 * @example
 * using engine = await createWasmEngine(buildNetwork(spec), resolveInput(undefined, 3), { threads: 2 });
 * const { values } = await engine.jacobian(images, { classes: 10 });
 */
export async function createWasmEngine(
  network: Network,
  input: InputTransform,
  options: WasmEngineOptions = {},
  tuning: Partial<Tuning> = {},
): Promise<WasmEngine> {
  const { threads: wanted = "auto", workerUrl, tell } = options;
  const variant = chooseVariant(options.deterministic ?? false);
  tell?.("plan", 0, 1);
  const lowered = await lowerAsNeeded(fuse(await simplifyAsNeeded(network)));
  const begin = async (
    { threads, shared }: ReturnType<typeof resolveThreads>,
    chosen: Tuning,
  ): Promise<Started> => {
    tell?.("plan", 0, 1);
    // On its way while the network is planned.
    const coming = Promise.all([
      kernelModule(variant, shared),
      threads > 0 ? onWorkers({ threads, shared, url: workerUrl, tell }) : onCallingThread(tell),
    ]);
    coming.catch(() => {});
    const planned = planProgram(lowered, input, threads, chosen);
    const [module, make] = await coming;
    tell?.("plan", 1, 1);
    return { backend: await make(planned, module), threads, pages: planned.plan.pages };
  };
  const start = async (place: ReturnType<typeof resolveThreads>): Promise<Started> => {
    const chosen = { ...TUNING, ...tuning };
    return begin(place, chosen).catch((error) => {
      // All threads on one image take less.
      if (place.threads > 1 && chosen.imageBytes > 0 && error instanceof OutOfMemory)
        return begin(place, { ...chosen, imageBytes: 0 });
      throw error;
    });
  };
  const { backend, threads, pages, withoutWorkers } = await start(resolveThreads(wanted)).catch(
    async (error): Promise<Started> => {
      if (wanted !== "auto" || workerUrl !== undefined || !(error instanceof WorkersMissing)) throw error;
      return { ...(await start({ threads: 0, shared: false })), withoutWorkers: error.message };
    },
  );

  const { inputShape, ...facts } = factsOf(network, input);
  const engine = createEngine({ inputShape, ...facts }, backend);
  return Object.assign(engine, {
    variant,
    threads,
    withoutWorkers,
    memoryBytes: pages * 65536,

    async profile(image: Float32Array, request: Parameters<WasmEngine["profile"]>[1]): Promise<LayerTime[]> {
      countImages("profile", image, inputShape);
      if (request.classes !== 0) countClasses("profile", request.classes, 1, facts.classes);
      if (request.classes > MAX_LANES)
        throw new InvalidArgumentError(
          `profile: classes is ${request.classes}, expected at most ${MAX_LANES}`,
        );
      return backend.profile(image.subarray(0, sizeOf(inputShape)), request);
    },
  });
}

/** What came of a start. */
interface Started extends Pick<WasmEngine, "threads" | "withoutWorkers"> {
  readonly backend: WasmBackend;
  readonly pages: number;
}

/** Makes what computes of a plan and the kernels. */
type MakeBackend = (planned: Planned, module: WebAssembly.Module) => Promise<WasmBackend>;

/** Neither is loaded where the other computes. */
async function onWorkers(options: PoolOptions): Promise<MakeBackend> {
  const { workers } = await import("./threads/workers.js");
  return (planned, module) => workers(planned, module, options);
}

async function onCallingThread(tell: Tell | undefined): Promise<MakeBackend> {
  const { callingThread } = await import("./run/calling_thread.js");
  return (planned, module) => callingThread(planned, module, tell);
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The kernels, inflated and compiled for the first engine that needs them. */
function kernelModule(variant: Variant, shared: boolean): Promise<WebAssembly.Module> {
  const key = `${variant} ${shared}`;
  const known = modules.get(key);
  if (known) return known;
  const made = moduleOf(variant, shared).then(compileModule);
  modules.set(key, made);
  // What failed may be tried again.
  made.catch(() => modules.delete(key));
  return made;
}

/** @throws EngineError where the page's policy forbids WebAssembly */
async function compileModule(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    // The bytes are good: they have been probed.
    throw new EngineError(
      `compile: this platform compiles no WebAssembly (${(cause as Error).message}); where a Content-Security-Policy forbids it, add 'wasm-unsafe-eval' to its script-src, or use { backend: "reference" }`,
      { cause },
    );
  }
}
