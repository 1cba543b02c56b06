import { mkdir, mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CommandError, UsageError } from "../errors.js";

/** The nearest folder that exists at or above a path, and the folders that are missing below it, outermost first. */
interface Ancestry {
  readonly nearest: string;
  readonly missing: readonly string[];
}

/**
 * Fails early, before hours of work, where a folder could not be written at the end.
 *
 * @throws CommandError if a file is in the way, or nothing can be made there
 */
async function checkWritable(folder: string): Promise<void> {
  const { nearest } = await ancestry(folder);
  try {
    await rmdir(await mkdtemp(join(nearest, ".unifool-"))); // permissions alone do not tell
  } catch {
    throw new CommandError(`--out ${folder}: cannot write in ${nearest}`);
  }
}

/** Where a run writes, and what it may replace. */
export interface OutOptions {
  readonly out?: string;
  /** Replace what an earlier run wrote there. */
  readonly force?: boolean;
}

/**
 * The folder to write to, checked before any work. One that was asked for is not to hold a report already; the one that is taken where none
 * was is a new one then: `unifool-out-2`, and so on.
 *
 * @param fallback the folder where `--out` is not given
 * @throws UsageError where there is a report, unless `force`
 * @throws CommandError if it could not be written
 */
export async function chooseOut({ out, force = false }: OutOptions, fallback: string): Promise<string> {
  let folder = out ?? fallback;
  for (let number = 2; !force && (await hasReport(folder)); number++) {
    if (out !== undefined)
      throw new UsageError(
        `--out ${out} holds the report of an earlier run; give --force to replace it, or --out with another folder`,
      );
    folder = `${fallback}-${number}`;
  }
  await checkWritable(folder);
  return folder;
}

function hasReport(folder: string): Promise<boolean> {
  return stat(join(folder, "report.json")).then(
    () => true,
    () => false,
  );
}

/**
 * Makes a folder and those above it. Node's recursive `mkdir` is not used: where a folder takes no new ones
 * (`/proc`) it tries for ever.
 *
 * @returns what was made, outermost first
 */
export async function makeFolders(folder: string): Promise<readonly string[]> {
  const { missing } = await ancestry(folder);
  for (const path of missing) await mkdir(path);
  return missing;
}

async function ancestry(folder: string): Promise<Ancestry> {
  const missing: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new CommandError(
        `--out ${folder}: ${error.code === "ENOTDIR" ? "a file is in the way" : error.code}`,
      );
    });
    if (found?.isDirectory()) return { nearest: path, missing };
    if (found) throw new CommandError(`--out ${folder}: ${path} is a file, expected a folder`);
    missing.unshift(path);
  }
}
