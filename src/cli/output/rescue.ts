import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, systemProblem } from "../errors.js";
import { type FileMaker, writeStaged } from "./staged_files.js";

/**
 * `writeStaged` that saves what it can: where the system does not let all files be written (a full disk), those that took the work are
 * written alone, to the same folder, else to one of the system's for temporary files.
 *
 * @param vital the names of those
 * @returns the paths
 * @throws CommandError where files are missing; it says what was saved, and where
 */
export async function writeOrRescue(
  folder: string,
  files: Readonly<Record<string, FileMaker>>,
  vital: readonly string[],
): Promise<string[]> {
  try {
    return await writeStaged(folder, files);
  } catch (error) {
    const problem = systemProblem(error);
    if (problem === undefined) throw error;
    const few = Object.fromEntries(vital.map((name) => [name, files[name]]));
    const others = Object.keys(files).filter((name) => !vital.includes(name));
    const saved = (await mixes(folder, others)) ? undefined : await attempt(folder, few);
    const paths = saved ?? (await attemptElsewhere(few));
    const end = paths ? `saved ${paths.join(" and ")} without the rest` : "nothing could be saved";
    throw new CommandError(`--out ${folder}: ${problem}; ${end}`, { cause: error });
  }
}

/** Whether files of an earlier run would lie beside the new ones as if they belonged together. */
async function mixes(folder: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.some(Boolean);
}

async function attempt(
  folder: string,
  files: Readonly<Record<string, FileMaker>>,
): Promise<string[] | undefined> {
  return writeStaged(folder, files).catch(() => undefined);
}

async function attemptElsewhere(files: Readonly<Record<string, FileMaker>>): Promise<string[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "unifool-")).catch(() => undefined);
  if (folder === undefined) return undefined;
  const paths = await attempt(folder, files);
  if (!paths) await rmdir(folder).catch(() => {});
  return paths;
}
