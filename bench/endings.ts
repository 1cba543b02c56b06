import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Lets a signal end the process as an exit does, so that listeners of "exit" are called. */
export function exitOnSignals(say: (line: string) => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      say(`ended by ${signal}`);
      process.exit(1);
    });
}

/** A folder for files that are gone when the process is: after `remove`, an exit, or an exception. */
export class TemporaryFolder {
  readonly path: string;

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix));
    process.on("exit", this.remove);
  }

  readonly remove = (): void => {
    process.off("exit", this.remove);
    // A process that has just been killed may still write to it.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  };
}
