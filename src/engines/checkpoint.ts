/**
 * Engines may compute on the calling thread, and awaiting a promise that is already resolved never lets the event
 * loop turn. A loop over images therefore calls a checkpoint now and then: it lets timers, clicks and signal
 * handlers run when `interval` milliseconds have passed, so that a page stays alive and an abort can happen
 * at all, and it throws the signal's reason once aborted.
 */
export function createCheckpoint(signal: AbortSignal | undefined, interval = 25): () => Promise<void> {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < interval) return;
    await nextTask();
    last = performance.now();
    signal?.throwIfAborted();
  };
}

/** Milliseconds without a turn of the event loop that are long enough. */
export const PATIENCE = 10;

/**
 * Work that pauses after each of its parts. Without a signal all of it is done at once. With one the event loop turns
 * now and then, and the work ends with the signal's reason after the part in which that aborts; other calls may come in
 * between, so nothing but the work's own may be alive in a pause.
 */
export async function inTurns<T>(work: Iterator<void, T>, signal: AbortSignal | undefined): Promise<T> {
  const checkpoint = signal && createCheckpoint(signal, PATIENCE);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (checkpoint) await checkpoint();
  }
}

/** Resolves in a new task; setTimeout would wait 4 ms in browsers. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
