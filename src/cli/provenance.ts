import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type ImagesFrom, pathsOf } from "./inputs.js";
import { packageVersion } from "./package_root.js";

/** A file and what was in it. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** Where and when a run was, for its report. */
export interface Provenance {
  readonly unifool: string;
  readonly node: string;
  readonly platform: string;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly cwd: string;
  /** Paths and patterns of the images, from the root; undefined of the demo's. */
  readonly images?: readonly string[];
  /** The model's files; none of a URL. */
  readonly modelFiles: readonly HashedFile[];
}

/**
 * @param model the path of the model, as it was given; undefined where none takes part
 * @param begin when the run began
 */
export async function provenanceOf(
  model: string | undefined,
  images: ImagesFrom,
  begin: Date,
): Promise<Provenance> {
  const paths = pathsOf(images);
  return {
    unifool: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    date: begin.toISOString(),
    cwd: process.cwd(),
    ...(paths && { images: paths.map((path) => resolve(path)) }),
    modelFiles: model === undefined ? [] : await hashModel(model),
  };
}

export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
}

/** Longer files are not searched for the names of others. */
const SEARCHED = 2 ** 28;

/** The file of a model and those beside it that it names, such as weights; of a folder the files in it. */
async function hashModel(model: string): Promise<HashedFile[]> {
  if (isUrl(model)) return [];
  const path = resolve(model);
  if ((await stat(path)).isDirectory()) return hashAll(await filesIn(path));
  const content = await readFile(path);
  const beside = (await filesIn(dirname(path))).filter((other) => other !== path);
  const named = content.length > SEARCHED ? [] : beside.filter((other) => content.includes(basename(other)));
  return hashAll([path, ...named]);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

async function hashAll(paths: readonly string[]): Promise<HashedFile[]> {
  const hashed: HashedFile[] = [];
  for (const path of paths)
    hashed.push({
      path,
      sha256: createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    });
  return hashed;
}
