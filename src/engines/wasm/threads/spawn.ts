import { isNode } from "./can_spawn.js";
import { workerSource } from "./worker.generated.js";

/** A worker of Node or of a browser. */
export interface Thread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called when the worker has thrown or stopped, perhaps more than once. */
  onDeath(handler: (reason: string) => void): void;
  /**
   * Name of a Web Lock that the worker shall hold for as long as it lives. Browsers do not report that a worker was
   * ended (by somebody else's `terminate`, for want of memory); that its lock is free again does. Undefined where
   * there are no locks, and in Node, which reports the end itself.
   */
  readonly lease?: string;
  /** Waits for the lease, which the worker holds by now, and reports its death then. */
  watch(): void;
  terminate(): void;
  /** Whether a pending call should keep Node's process alive. */
  keepAlive(yes: boolean): void;
}

/**
 * Starts a worker from the source that this bundle carries, or from `url` (a served `unifool/worker`).
 *
 * @throws whatever the platform throws, such as a policy that forbids blob workers
 */
export function spawn(url: string | URL | undefined): Thread {
  return isNode() ? spawnNode(url) : spawnBrowser(url);
}

function spawnNode(url: string | URL | undefined): Thread {
  const { Worker: NodeWorker } = globalThis.process.getBuiltinModule("node:worker_threads");
  const worker = url
    ? new NodeWorker(typeof url === "string" && /^[a-z]+:/.test(url) ? new URL(url) : url)
    : new NodeWorker(workerSource, { eval: true });
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (handler) => worker.on("message", handler),
    onDeath: (handler) => {
      worker.on("error", (error) => handler(String((error as Error)?.message ?? error)));
      worker.on("exit", (code) => handler(`it exited with code ${code}`));
    },
    terminate: () => void worker.terminate(),
    watch: () => {},
    keepAlive: (yes) => (yes ? worker.ref() : worker.unref()),
  };
}

function spawnBrowser(url: string | URL | undefined): Thread {
  const blob = url ? undefined : URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const release = (): void => {
    if (blob) URL.revokeObjectURL(blob);
  };
  const worker = new Worker(url ?? (blob as string));
  const lease = navigator.locks && `unifool worker ${crypto.randomUUID()}`;
  let bury: (reason: string) => void = () => {};
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    onMessage: (handler) => {
      worker.addEventListener("message", (event) => {
        // The script has been read by the time it answers.
        release();
        handler(event.data);
      });
    },
    onDeath: (handler) => {
      bury = handler;
      worker.addEventListener("error", (event) => handler(event.message || "its script could not be loaded"));
      worker.addEventListener("messageerror", () => handler("a message could not be read"));
    },
    lease,
    watch: () => {
      // Rejects where the page may not use locks or goes away: then nobody is left to tell, or no way to know.
      navigator.locks.request(lease, () => bury("it was terminated")).catch(() => {});
    },
    terminate: () => {
      release();
      worker.terminate();
    },
    keepAlive: () => {},
  };
}
