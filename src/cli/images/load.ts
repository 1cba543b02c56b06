import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CommandError } from "../errors.js";
import type { ImageSet, LoadOptions } from "./image_set.js";
import { loadNpyImages } from "./npy_file.js";
import { loadPictures, pictureNames } from "./pictures.js";
import { isRawFolder, loadRawFolder } from "./raw_folder.js";

/**
 * Loads images from whatever the path is: a folder with `images.bin` and `meta.json`, a folder of PNG, JPEG or WebP
 * files, one such file, or a .npy file.
 *
 * @throws CommandError if there are no images there, or they do not fit the network
 */
export async function loadImages(path: string, options: LoadOptions): Promise<ImageSet> {
  const found = await stat(path);
  if (found.isDirectory()) {
    if (await isRawFolder(path)) return loadRawFolder(path, options);
    const names = pictureNames(await readdir(path));
    if (names.length === 0)
      throw new CommandError(
        `${path} holds no images: expected PNG, JPEG or WebP files, or images.bin with meta.json (subfolders are not searched)`,
      );
    return loadPictures(path, names, options);
  }
  if (/\.npy$/i.test(path)) return loadNpyImages(path, options);
  const names = pictureNames([basename(path)]);
  if (names.length === 1) return { ...(await loadPictures(dirname(path), names, options)), source: path };
  throw new CommandError(
    `${path} is not a set of images: expected a folder, a .npy file, or a PNG, JPEG or WebP file`,
  );
}
