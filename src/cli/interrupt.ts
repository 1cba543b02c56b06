import { EXIT } from "./errors.js";

/** Ctrl-C, what stops a service or a container, and the end of the terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Ctrl-C, SIGTERM and SIGHUP: the first asks the work to stop (the signal aborts), the second ends the process at once.
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
  for (const name of SIGNALS) process.on(name, onInterrupt);
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of SIGNALS) process.removeListener(name, onInterrupt);
    },
  };
}
