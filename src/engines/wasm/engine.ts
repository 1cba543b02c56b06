import { EngineError, InvalidArgumentError } from "../../errors.js";
import { topClasses } from "../../kernels/top_classes/reference.js";
import { MAX_LANES } from "../../kernels/wasm/lowering.js";
import { TUNING, type Tuning } from "../../kernels/wasm/tuning.js";
import type { InputTransform } from "../../network/input.js";
import type { Tell } from "../../network/progress.js";
import { type Network, sizeOf } from "../../network/spec.js";
import { countClasses, countImages } from "../arguments.js";
import { type EngineBackend, factsOf, ownClasses, ownImages } from "../backend.js";
import { createEngine } from "../create_engine.js";
import type { GradientEngine } from "../engine.js";
import { createMemory, OutOfMemory } from "./plan/layout.js";
import { planProgram } from "./plan/program.js";
import { seedRows } from "./run/passes.js";
import { type LayerTime, profile } from "./run/profile.js";
import { type KernelExports, openProgram, type Program, tapesFor } from "./run/program.js";
import { createSession } from "./run/session.js";
import { chooseVariant, moduleOf, type Variant } from "./run/variant.js";
import { resolveThreads } from "./threads/count.js";
import { Pool, type PoolOptions, WorkersMissing } from "./threads/pool.js";

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
   * Time, live work and rate of every kernel call of one Jacobian; for benchmarks. Needs `threads: 0`.
   *
   * @throws EngineError on an engine with workers
   */
  profile(image: Float32Array, options: { readonly classes: number; readonly repeats?: number }): LayerTime[];
}

/** What computes: a session on this thread, or workers. */
interface Backend extends EngineBackend<"wasm"> {
  readonly profile: WasmEngine["profile"];
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
  const begin = async (
    { threads, shared }: ReturnType<typeof resolveThreads>,
    chosen: Tuning,
  ): Promise<Started> => {
    tell?.("plan", 0, 1);
    const planned = planProgram(network, input, threads, chosen);
    const module = await kernelModule(variant, shared);
    tell?.("plan", 1, 1);
    const backend =
      threads > 0
        ? await workers(planned, module, { threads, shared, url: workerUrl, tell })
        : await callingThread(planned, module, tell);
    return { backend, threads, pages: planned.plan.pages };
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

    profile(image: Float32Array, request: Parameters<WasmEngine["profile"]>[1]): LayerTime[] {
      countImages("profile", image, inputShape);
      countClasses("profile", request.classes, 1, facts.classes);
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
  readonly backend: Backend;
  readonly pages: number;
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

/** Ends the workers of a backend that was dropped without `dispose`; a pending call holds it. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Pool>((pool) => pool.dispose());

type Planned = ReturnType<typeof planProgram>;

async function callingThread(
  { plan, segments, entries }: Planned,
  module: WebAssembly.Module,
  tell: Tell | undefined,
): Promise<Backend> {
  const memory = createMemory(plan.pages, segments, false, tell);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  let live: Program | undefined = openProgram(plan, memory, exports as unknown as KernelExports, 1);
  const programFor = (caller: string): Program => {
    if (!live) throw new EngineError(`${caller}: the engine was disposed, expected a live engine`);
    return live;
  };
  const session = createSession(programFor);
  return {
    name: "wasm",
    logits: (images, signal) => session.logits(ownImages(images, signal), signal),
    jacobian: (images, request) => session.jacobian(ownImages(images, request.signal), ownClasses(request)),
    gradient: (images, request) => session.gradient(ownImages(images, request.signal), request),
    // Lasts for several turns of the event loop.
    deepfool: (images, request) =>
      session.deepfool(images.slice(), { ...request, labels: request.labels?.slice() }),
    profile(image, { classes, repeats }) {
      const program = programFor("profile");
      const [room] = program.images;
      room.pixels.set(image);
      program.run(room.plan.forward);
      const wanted = topClasses(room.logits, 0, program.classes, classes);
      const tapes = tapesFor(room, classes);
      seedRows(room, wanted, tapes.stride);
      program.run(tapes.gradient);
      return profile(program, entries, tapes, repeats ?? 10);
    },
    dispose: () => {
      live = undefined;
    },
  };
}

async function workers(planned: Planned, module: WebAssembly.Module, options: PoolOptions): Promise<Backend> {
  const pool = await Pool.start(planned, module, options);
  const backend: Backend = {
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
    profile: () => {
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
