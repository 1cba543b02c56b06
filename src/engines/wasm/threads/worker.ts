/**
 * What runs in a worker, in Node and in browsers. Bundled to one string that the main bundle carries (and to
 * `dist/worker.js` for pages whose Content-Security-Policy forbids blob workers).
 */

import { NotANumber } from "../../not_a_number.js";
import { createMemory } from "../plan/layout.js";
import { type KernelExports, openProgram } from "../run/program.js";
import { createSession, type Session } from "../run/session.js";
import type { Call, Contents, Reply, WorkerStart } from "./protocol.js";

/** The little that Node's `parentPort` and a browser's worker scope have in common. */
interface Port {
  post(reply: Reply, transfer: ArrayBuffer[]): void;
  listen(handler: (message: unknown) => void): void;
  /** Ends the worker. */
  close(): void;
}

const port = openPort();
port.listen(
  (() => {
    let session: Session | undefined;
    let loading: Loading | undefined;
    const aborts = new Map<number, AbortController>();
    return (message) => {
      if (session) void answer(session, message as Call, aborts);
      else if (!loading) {
        loading = load(message as WorkerStart);
        if (loading.contents === 0) session = start(loading);
      } else {
        const { address, bytes } = message as Contents;
        new Uint8Array(loading.memory.buffer).set(bytes, address);
        if (--loading.contents === 0) session = start(loading);
      }
    };
  })(),
);

/** A start whose memory is there, but for so many pieces of its contents. */
interface Loading extends WorkerStart {
  readonly memory: WebAssembly.Memory;
  contents: number;
}

function load(start: WorkerStart): Loading {
  const memory = start.memory ?? createMemory(start.plan.pages, [], false);
  return { ...start, memory, contents: start.contents ?? 0 };
}

/** Instantiates. A follower then serves for ever, the leader gets its session. */
function start({ plan, module, memory, thread, threads, lease }: Loading): Session {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as unknown as KernelExports;
  kernels.scratch.value = thread * plan.scratchBytes;
  const begin = (leased: boolean): void => {
    port.post({ kind: "ready", leased }, []);
    if (thread === 0) return;
    kernels.follow(plan.control, threads, thread);
    port.close();
  };
  if (lease) hold(lease, begin);
  else begin(false);
  const program = openProgram(plan, memory, kernels, threads);
  return createSession(() => program);
}

/** Takes a Web Lock for good. */
function hold(lease: string, done: (held: boolean) => void): void {
  // In a task of its own: what is thrown in a promise's reaction does not reach the page.
  const report = (held: boolean): unknown => setTimeout(done, 0, held);
  const untilTheEnd = (): Promise<never> => {
    report(true);
    return new Promise(() => {});
  };
  navigator.locks.request(lease, untilTheEnd).catch(() => report(false));
}

async function answer(session: Session, call: Call, aborts: Map<number, AbortController>): Promise<void> {
  const { id } = call;
  if (call.op === "abort") {
    aborts.get(id)?.abort();
    return;
  }
  const controller = new AbortController();
  aborts.set(id, controller);
  try {
    const result = await perform(session, call, controller.signal);
    const transfer = Object.values(result)
      .filter((value) => ArrayBuffer.isView(value))
      .map((value) => value.buffer as ArrayBuffer);
    port.post({ kind: "result", id, result }, transfer);
  } catch (error) {
    const { aborted } = controller.signal;
    const message = error instanceof Error ? error.message : String(error);
    const notANumber = error instanceof NotANumber ? { image: error.image, steps: error.steps } : undefined;
    port.post({ kind: "error", id, message, aborted, notANumber }, []);
  } finally {
    aborts.delete(id);
  }
}

async function perform(session: Session, call: Exclude<Call, { op: "abort" }>, signal: AbortSignal) {
  const { images } = call;
  if (call.op === "logits")
    return { logits: await session.logits(images, call.abortable ? signal : undefined) };
  if (call.op === "jacobian") {
    const { classes, rows, abortable } = call;
    const values = new Float32Array(images.length * rows);
    const request = { classes, rows, values, signal: abortable ? signal : undefined };
    return { values, ...(await session.jacobian(images, request)) };
  }
  if (call.op === "gradient") {
    const { request, length, abortable } = call;
    const values = new Float32Array(length);
    const given = { ...request, values, signal: abortable ? signal : undefined };
    return { values, ...(await session.gradient(images, given)) };
  }
  return session.deepfool(images, {
    ...call.request,
    signal,
    onProgress: (done, total) => port.post({ kind: "progress", id: call.id, done, total }, []),
  });
}

function openPort(): Port {
  if (globalThis.process?.versions?.node) {
    const { parentPort } = globalThis.process.getBuiltinModule("node:worker_threads");
    if (!parentPort) throw new Error("unifool/worker: not in a worker");
    return {
      post: (reply, transfer) => parentPort.postMessage(reply, transfer),
      listen: (handler) => parentPort.on("message", handler),
      close: () => parentPort.close(),
    };
  }
  const scope = globalThis as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    onmessage: (event: MessageEvent) => void;
    close(): void;
  };
  return {
    post: (reply, transfer) => scope.postMessage(reply, transfer),
    listen: (handler) => {
      scope.onmessage = (event) => handler(event.data);
    },
    close: () => scope.close(),
  };
}
