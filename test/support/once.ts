import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../node_modules/.cache/unifool", import.meta.url));
/** The process that started the workers, which `vitest.config.ts` says: its files are removed by the next run after it. */
const run = process.env.UNIFOOL_RUN ?? String(process.pid);

/**
 * What several test files need and takes seconds to make, made by one of a run's processes, for which the others wait.
 *
 * @param name of what is made
 * @param make puts it into a folder
 * @returns the folder
 */
export async function oncePerRun(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const runs = join(cache, "runs");
  const folder = join(runs, run, name);
  mkdirSync(join(runs, run), { recursive: true });
  while (!existsSync(`${folder}.made`)) {
    if (!lock(`${folder}.lock`)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      if (existsSync(`${folder}.made`)) break;
      for (const old of readdirSync(runs))
        if (!isAlive(Number(old))) rmSync(join(runs, old), { recursive: true, force: true });
      await make(folder);
      writeFileSync(`${folder}.made`, "");
    } finally {
      rmSync(`${folder}.lock`, { recursive: true });
    }
  }
  return folder;
}

/** False if another process has it. */
function lock(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
