import { EXIT } from "./errors.js";

/**
 * Ctrl-C: the first asks the work to stop (the signal aborts), the second ends the process at once.
 *
 * @param notify called at the first one
 */
export function watchInterrupt(notify: () => void): {
  readonly signal: AbortSignal;
  readonly stop: () => void;
} {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.killed);
    controller.abort(new Error("interrupted"));
    notify();
  };
  process.on("SIGINT", onInterrupt);
  return { signal: controller.signal, stop: () => process.removeListener("SIGINT", onInterrupt) };
}
