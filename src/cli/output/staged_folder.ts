import { rmSync } from "node:fs";
import { access, constants, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CommandError } from "../errors.js";

/**
 * Fails early, before hours of work, where a folder could not be written at the end.
 *
 * @throws CommandError if the path is a file, or no folder can be made there
 */
export async function checkWritable(folder: string): Promise<void> {
  let nearest = resolve(folder);
  for (;;) {
    const found = await stat(nearest).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new CommandError(
        `--out ${folder}: ${error.code === "ENOTDIR" ? "a file is in the way" : error.code}`,
      );
    });
    if (found?.isDirectory()) break;
    if (found) throw new CommandError(`--out ${folder}: ${nearest} is a file, expected a folder`);
    nearest = dirname(nearest);
  }
  await access(nearest, constants.W_OK).catch(() => {
    throw new CommandError(`--out ${folder}: no permission to write in ${nearest}`);
  });
}

/** Makes the content of a file, knowing the paths that all files will have. */
export type FileMaker = (paths: readonly string[]) => Uint8Array | Promise<Uint8Array>;

/**
 * Writes files into a folder so that nobody ever sees half of one: all are written to a temporary folder beside it
 * and then renamed into place, the last of the record last. Other files in the folder are left alone. Where writing
 * fails nothing has been touched, and the temporary folder goes.
 *
 * @returns the paths, `folder` as given joined with each name
 */
export async function writeStaged(
  folder: string,
  files: Readonly<Record<string, FileMaker>>,
): Promise<string[]> {
  const names = Object.keys(files);
  const paths = names.map((name) => join(folder, name));
  const contents = new Map<string, Uint8Array>();
  for (const name of names) contents.set(name, await files[name](paths));

  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  const staging = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  const cleanUp = () => rmSync(staging, { recursive: true, force: true });
  process.once("exit", cleanUp); // for an exit in the middle, such as a second Ctrl-C
  try {
    for (const [name, content] of contents) await writeFile(join(staging, name), content);
    await mkdir(target, { recursive: true });
    for (const name of names) await checkReplaceable(join(target, name));
    for (const name of names) await rename(join(staging, name), join(target, name));
    return paths;
  } finally {
    await rm(staging, { recursive: true, force: true });
    process.removeListener("exit", cleanUp);
  }
}

/** A folder where a file should go would stop the renaming half-way. */
async function checkReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new CommandError(`${path} is a folder, so the file cannot be written`);
}
