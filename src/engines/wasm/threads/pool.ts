import { EngineError } from "../../../errors.js";
import { BEGIN, COMMAND } from "../../../kernels/wasm/control.js";
import { CallbackFailed, type Tell } from "../../../network/progress.js";
import type { GradientRequest, JacobianRequest } from "../../backend.js";
import type { DeepfoolRequest } from "../../engine.js";
import { NotANumber } from "../../not_a_number.js";
import { countingSegments, createMemory, type Segment, segmentBytes, writingLater } from "../plan/layout.js";
import type { PlannedProgram } from "../plan/program.js";
import type { Call, Contents, Reply, Results, WorkerStart } from "./protocol.js";
import { spawn, type Thread } from "./spawn.js";
import { WorkersMissing } from "./workers_missing.js";

type Operation = Exclude<Call, { op: "abort" }>;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface PoolOptions {
  readonly threads: number;
  /** One shared memory for all workers; false: a single worker with a private one. */
  readonly shared: boolean;
  /** Where `unifool/worker` is served. */
  readonly url: string | URL | undefined;
  /** Told of "weights" and "workers". */
  readonly tell?: Tell;
}

/** Longer than any machine takes to start a worker. */
const START_SECONDS = 60;

/**
 * Workers that share one program: the first leads and answers calls, the others follow it through the tapes. The
 * calling thread only posts messages and awaits replies. A worker that dies takes the pool with it: every pending
 * and later call rejects, none hangs.
 */
export class Pool {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private dead: EngineError | undefined;

  private constructor(
    private readonly workers: readonly Thread[],
    /** Lets followers leave the tape loop; browsers take seconds to end a worker that waits inside WASM. */
    private readonly release: (() => void) | undefined,
    /** Writes what gradients read besides. */
    private writeLater: (() => void) | undefined,
  ) {}

  /** @throws EngineError if a worker cannot be started, stops before it is ready, or stays silent */
  static async start(
    { plan, segments }: Pick<PlannedProgram, "plan" | "segments">,
    module: WebAssembly.Module,
    { threads, shared, url, tell }: PoolOptions,
  ): Promise<Pool> {
    const memory = shared ? createMemory(plan.pages, segments, true, tell) : undefined;
    const release = memory && (() => releaseFollowers(memory, plan.control));
    const workers: Thread[] = [];
    const timers: ReturnType<typeof setTimeout>[] = [];
    try {
      for (let thread = 0; thread < threads; thread++) workers.push(spawn(url));
      const pool = new Pool(workers, release, memory && writingLater(memory, segments));
      let started = 0;
      tell?.("workers", 0, threads);
      await Promise.all(
        workers.map((worker, thread) => {
          worker.keepAlive(true);
          const ready = new Promise<void>((resolve, reject) => {
            worker.onMessage((message) => {
              const reply = message as Reply;
              if (reply.kind !== "ready") return pool.receive(reply);
              if (reply.leased) worker.watch();
              resolve();
            });
            worker.onDeath((reason) => {
              reject(startFailure(threads, reason, url));
              pool.die(thread, reason);
            });
            // Some other script at the address of the worker would be silent for ever.
            const silence = `worker ${thread} said nothing for ${START_SECONDS} s`;
            timers.push(setTimeout(() => reject(startFailure(threads, silence, url)), 1000 * START_SECONDS));
          });
          const { lease } = worker;
          const start: WorkerStart = memory
            ? { plan, module, memory, thread, threads, lease }
            : { plan, module, contents: segments.length, thread, threads, lease };
          worker.post(start);
          if (!memory) postContents(worker, segments, tell);
          return ready.then(() => tell?.("workers", ++started, threads));
        }),
      );
      for (const worker of workers) worker.keepAlive(false);
      return pool;
    } catch (cause) {
      release?.();
      for (const worker of workers) worker.terminate();
      if (cause instanceof EngineError || cause instanceof CallbackFailed) throw cause;
      throw startFailure(threads, String((cause as Error)?.message ?? cause), url, cause);
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  logits(images: Float32Array, signal: AbortSignal | undefined): Promise<Results["logits"]> {
    const abortable = signal !== undefined;
    return this.call({ op: "logits", images: compact(images), abortable }, { signal });
  }

  jacobian(
    images: Float32Array,
    { classes: given, rows, signal }: Omit<JacobianRequest, "values">,
  ): Promise<Results["jacobian"]> {
    const classes = typeof given === "number" ? given : compact(given);
    const abortable = signal !== undefined;
    return this.call({ op: "jacobian", images: compact(images), classes, rows, abortable }, { signal });
  }

  gradient(images: Float32Array, given: GradientRequest): Promise<Results["gradient"]> {
    const { signal, values, ...request } = given;
    const { length } = values;
    this.writeLater?.();
    const abortable = signal !== undefined;
    return this.call({ op: "gradient", images: compact(images), request, length, abortable }, { signal });
  }

  deepfool(images: Float32Array, request: DeepfoolRequest): Promise<Results["deepfool"]> {
    const { signal, onProgress, ...rest } = request;
    const labels = rest.labels && compact(rest.labels);
    return this.call(
      { op: "deepfool", images: compact(images), request: { ...rest, labels } },
      { signal, onProgress },
    );
  }

  /** Ends the workers; pending calls reject. */
  dispose(): void {
    this.fail(new EngineError("dispose: the engine was disposed, expected a live engine"));
  }

  private async call<R>(
    operation: DistributiveOmit<Operation, "id">,
    { signal, onProgress }: Pick<Pending, "signal" | "onProgress"> = {},
  ): Promise<R> {
    signal?.throwIfAborted();
    if (this.dead) throw this.dead;
    const id = this.nextId++;
    const [leader] = this.workers;
    const abort = (): void => leader.post({ id, op: "abort" } satisfies Call);
    signal?.addEventListener("abort", abort, { once: true });
    leader.keepAlive(true);
    try {
      return await new Promise<R>((resolve, reject) => {
        this.pending.set(id, { resolve, reject, signal, onProgress });
        leader.post({ ...operation, id });
      });
    } finally {
      signal?.removeEventListener("abort", abort);
      if (this.pending.size === 0) leader.keepAlive(false);
    }
  }

  private receive(reply: Exclude<Reply, { kind: "ready" }>): void {
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    if (reply.kind === "progress") {
      try {
        pending.onProgress?.(reply.done, reply.total);
      } catch (error) {
        // As on the calling thread: what the callback throws ends the call.
        this.pending.delete(reply.id);
        this.workers[0].post({ id: reply.id, op: "abort" } satisfies Call);
        pending.reject(error);
      }
      return;
    }
    this.pending.delete(reply.id);
    if (reply.kind === "result") pending.resolve(reply.result as never);
    else pending.reject(reply.aborted ? pending.signal?.reason : errorOf(reply));
  }

  private die(thread: number, reason: string): void {
    this.fail(
      new EngineError(`wasm engine: worker ${thread} died (${reason}), expected it to live; compile again`),
    );
  }

  private fail(error: EngineError): void {
    if (this.dead) return;
    this.dead = error;
    this.writeLater = undefined;
    this.release?.();
    for (const worker of this.workers) worker.terminate();
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}

/** Sends a worker what its own memory holds at first, piece by piece: no piece is kept here, or held twice. */
function postContents(worker: Thread, segments: readonly Segment[], tell: Tell | undefined): void {
  const count = countingSegments(segments, tell);
  for (const segment of segments) {
    const bytes = segmentBytes(segment);
    const { length } = bytes;
    worker.post({ address: segment.address, bytes } satisfies Contents, [bytes.buffer]);
    count?.(length);
  }
}

function errorOf({ message, notANumber: at }: Extract<Reply, { kind: "error" }>): EngineError {
  return at ? new NotANumber("deepfool", at.image, at.steps) : new EngineError(message);
}

/** The command that ends `follow`: a tape that begins nowhere. */
function releaseFollowers(memory: WebAssembly.Memory, control: number): void {
  Atomics.store(new Int32Array(memory.buffer, control + BEGIN, 1), 0, 0);
  Atomics.add(new BigInt64Array(memory.buffer, control + COMMAND, 1), 0, 1n);
  Atomics.notify(new Int32Array(memory.buffer, control + COMMAND, 1), 0);
}

/** The same values in a buffer of just their size: a message clones the whole buffer under a view. */
function compact<A extends Float32Array | Int32Array>(values: A): A {
  return (values.buffer.byteLength === values.byteLength ? values : values.slice()) as A;
}

function startFailure(
  threads: number,
  reason: string,
  url: string | URL | undefined,
  cause?: unknown,
): WorkersMissing {
  const advice = url
    ? `expected workerUrl, ${url}, to be where unifool/worker is served`
    : "where a Content-Security-Policy forbids blob: workers, serve unifool/worker and pass its address as workerUrl";
  const workers = threads === 1 ? "a worker" : `${threads} workers`;
  return new WorkersMissing(`compile: could not start ${workers} (${reason}); ${advice}`, { cause });
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
