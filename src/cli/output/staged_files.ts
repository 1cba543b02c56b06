import { rmdirSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CommandError } from "../errors.js";
import { makeFolders } from "./folders.js";

/** Makes the content of a file, knowing the paths that all files will have. */
export type FileMaker = (paths: readonly string[]) => Uint8Array | Promise<Uint8Array>;

/**
 * Writes files into a folder so that nobody ever sees half of one: all are written to a temporary folder and then
 * renamed into place, the last of the record last. The temporary folder lies inside, because beside it there may
 * be another file system or no permission. Other files in the folder are left alone. Where writing fails
 * nothing has been touched, and what was made on the way goes.
 *
 * @param files by name; `a/b.png` goes into a folder `a`, which is made
 * @returns the paths, `folder` as given joined with each name
 */
export async function writeStaged(
  folder: string,
  files: Readonly<Record<string, FileMaker>>,
): Promise<string[]> {
  const names = Object.keys(files);
  const paths = names.map((name) => join(folder, name));
  const target = resolve(folder);
  const made = [...(await makeFolders(target))];
  let staging: string | undefined;
  let done = false;
  const cleanUp = () => {
    if (staging !== undefined) rmSync(staging, { recursive: true, force: true });
    if (!done) for (const path of [...made].reverse()) removeIfEmpty(path);
  };
  process.once("exit", cleanUp); // for an exit in the middle, such as a second Ctrl-C
  try {
    for (const name of names) await checkReplaceable(join(target, name));
    staging = await mkdtemp(join(target, ".partial-"));
    for (const name of names) {
      await mkdir(dirname(join(staging, name)), { recursive: true });
      await writeFile(join(staging, name), await files[name](paths));
    }
    for (const folder of new Set(names.map((name) => dirname(join(target, name)))))
      made.push(...(await makeFolders(folder)));
    for (const name of names) await rename(join(staging, name), join(target, name));
    done = true;
    return paths;
  } finally {
    process.removeListener("exit", cleanUp);
    cleanUp();
  }
}

/** A folder where a file should go would stop the renaming half-way. */
async function checkReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new CommandError(`${path} is a folder, so the file cannot be written`);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else put something there; the error that led here is the one to report.
  }
}
