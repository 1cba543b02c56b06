import type { Ask, Calls, Events, Heard } from "./protocol.js";

/** An error of the worker, under the name that it had there. */
export class WorkerError extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

type Listeners = { readonly [Name in keyof Events]: (value: Events[Name]) => void };

/** The worker that computes, so that the page stays free. */
export interface Client {
  ask<Name extends keyof Calls>(
    call: Name,
    ...request: Parameters<Calls[Name]>
  ): Promise<ReturnType<Calls[Name]>>;
}

/**
 * Starts the worker.
 *
 * @param listeners what to do with what it reports
 */
export function startWorker(listeners: Listeners): Client {
  const worker = new Worker(new URL("./entry.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;

  worker.addEventListener("message", ({ data }: MessageEvent<Heard>) => {
    if ("event" in data) {
      (listeners[data.event] as (value: unknown) => void)(data.value);
      return;
    }
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) call?.reject(new WorkerError(data.error.name, data.error.message));
    else call?.resolve(data.value);
  });
  worker.addEventListener("error", (event) => {
    const error = new WorkerError("Error", event.message || "the worker's script could not be loaded");
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });

  return {
    ask: (call, ...[request]) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        worker.postMessage({ id, call, request } as Ask);
      }),
  };
}

/**
 * Calls that overtake each other: while one is under way only the latest of the others is kept, and the rest are
 * answered with undefined.
 */
export function latest<Request, Value>(
  call: (request: Request) => Promise<Value>,
): (request: Request) => Promise<Value | undefined> {
  let running: Promise<unknown> | undefined;
  let newest = 0;
  return async (request) => {
    const mine = ++newest;
    while (running) await running.catch(() => {});
    if (mine !== newest) return undefined;
    const work = call(request);
    running = work;
    try {
      return await work;
    } finally {
      running = undefined;
    }
  };
}
