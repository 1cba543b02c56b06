import { InvalidArgumentError } from "../../../errors.js";
import { canSpawn, isNode } from "./can_spawn.js";
import { MAX_THREADS } from "./limits.js";

/** Threads beyond which `auto` does not go: one image's layers do not feed more. */
const MOST_BY_ITSELF = 8;

/**
 * How many workers to start, and whether they share a memory. Sharing needs `SharedArrayBuffer`, in browsers a
 * cross-origin isolated page; without it one worker has a private memory; without workers it is 0.
 *
 * @throws InvalidArgumentError unless `threads` is "auto" or an integer from 0 to 256
 */
export function resolveThreads(threads: "auto" | number): { threads: number; shared: boolean } {
  if (threads !== "auto" && !(Number.isInteger(threads) && threads >= 0 && threads <= MAX_THREADS))
    throw new InvalidArgumentError(
      `compile: threads is ${threads}, expected "auto" or an integer from 0 to ${MAX_THREADS}`,
    );
  if (threads === 0 || !canSpawn()) return { threads: 0, shared: false };
  if (!canShare()) return { threads: 1, shared: false };
  return { threads: threads === "auto" ? Math.min(MOST_BY_ITSELF, processors()) : threads, shared: true };
}

function canShare(): boolean {
  // In a page without isolation the constructor may exist, but its memory cannot be posted.
  if (typeof SharedArrayBuffer !== "function") return false;
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}

function processors(): number {
  if (typeof navigator === "object" && navigator.hardwareConcurrency) return navigator.hardwareConcurrency;
  if (isNode()) return globalThis.process.getBuiltinModule("node:os").availableParallelism();
  return 1;
}
