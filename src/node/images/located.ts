import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { rejectImages } from "./failure.js";
import { isRawFolder } from "./raw_folder.js";

const PICTURE = /\.(png|jpe?g|webp)$/i;

/** A picture file. */
export interface PictureFile {
  readonly path: string;
  /** What to call it: its path from the folder that was given. */
  readonly name: string;
  /** The folder below that one that it lies in, where all pictures do. */
  readonly classFolder?: string;
}

/** What a path leads to. */
export type Located = LocatedRaw | LocatedNpy | LocatedPictures;

interface LocatedRaw {
  readonly kind: "raw";
  readonly source: string;
}

interface LocatedNpy {
  readonly kind: "npy";
  readonly source: string;
}

interface LocatedPictures {
  readonly kind: "pictures";
  readonly source: string;
  readonly files: readonly PictureFile[];
  readonly warnings: readonly string[];
}

/**
 * Finds out what a path leads to; folders are searched to the bottom.
 *
 * @throws ImageError where there are no images
 * @throws the system's error where there is nothing
 */
export async function locate(path: string): Promise<Located> {
  const found = await stat(path);
  if (!found.isDirectory()) {
    if (/\.npy$/i.test(path)) return { kind: "npy", source: path };
    if (PICTURE.test(path))
      return { kind: "pictures", source: path, files: [{ path, name: basename(path) }], warnings: [] };
    return rejectImages(
      `${path} is not a set of images: expected a folder, a .npy file, or a PNG, JPEG or WebP file`,
    );
  }
  if (await isRawFolder(path)) return { kind: "raw", source: path };
  const warnings: string[] = [];
  const names = await searchFolder(path, "", new Set(), warnings);
  if (names.length === 0)
    rejectImages(
      `${path} holds no images: expected PNG, JPEG or WebP files, there or in folders below it, or images.bin with meta.json`,
    );
  return { kind: "pictures", source: path, files: inTurns(path, names), warnings };
}

/**
 * Names of the pictures in a folder and below it, in order of their code points, so that a run can be repeated anywhere; what
 * is hidden is left out.
 *
 * @param seen real paths of folders: a link may lead back
 */
async function searchFolder(
  root: string,
  below: string,
  seen: Set<string>,
  warnings: string[],
): Promise<string[]> {
  const folder = join(root, below);
  const real = await realpath(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const names: string[] = [];
  for (const name of (await readdir(folder)).filter((entry) => !entry.startsWith(".")).sort()) {
    const relative = below === "" ? name : `${below}/${name}`;
    const found = await stat(join(root, relative)).catch(() => undefined);
    if (found?.isDirectory()) {
      const inside = await searchFolder(root, relative, seen, warnings);
      if (inside.length === 0) warnings.push(`folder ${join(root, relative)} holds no pictures`);
      names.push(...inside);
    } else if (PICTURE.test(name)) names.push(relative); // also a dangling link, which is then reported as broken
  }
  return names;
}

/**
 * Files in the order they are taken. Where all lie in folders of classes, these take turns, so that the first or last few images
 * are not all of one class.
 */
function inTurns(root: string, names: readonly string[]): PictureFile[] {
  const folders = new Map<string, PictureFile[]>();
  for (const name of names) {
    const classFolder = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
    const file = { path: join(root, name), name };
    const files = folders.get(classFolder) ?? [];
    folders.set(classFolder, files);
    files.push(classFolder === "" ? file : { ...file, classFolder });
  }
  if (folders.has(""))
    // Pictures beside folders: then these are no classes.
    return names.map((name) => ({ path: join(root, name), name }));
  const most = Math.max(...[...folders.values()].map((files) => files.length));
  return Array.from({ length: most }, (_, turn) =>
    [...folders.values()].flatMap((files) => files.slice(turn, turn + 1)),
  ).flat();
}
