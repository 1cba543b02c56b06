import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { integer, interval, oneOf, optionsObject } from "../../api/options.js";
import { InvalidArgumentError } from "../../errors.js";
import { checkColour } from "../../images/background.js";
import { FITS, type Fit } from "../../images/fit.js";
import { type PictureTarget, targetOf } from "../../images/picture_shape.js";
import { rejectImages } from "./failure.js";
import type { ImageSet, ReadRequest } from "./image_set.js";
import { readNpyImages } from "./npy_file.js";
import { pictureNames, readPictures } from "./pictures.js";
import { isRawFolder, readRawFolder } from "./raw_folder.js";

export interface ReadImagesOptions {
  /** How many images to take, the first ones. Default: all. */
  readonly limit?: number;
  /** `[low, high]` that black and white become. Default: the engine's range; `[0, 1]` where a shape is given. */
  readonly range?: readonly [number, number];
  /** What becomes of pictures of another shape, as in `toImages`. Default "cover". */
  readonly fit?: Fit;
  /** Red, green and blue, 0 to 255, of what shows behind transparent pixels and beside "contain". Default white. */
  readonly background?: readonly [number, number, number];
}

/**
 * Reads images from whatever the path is: a folder of PNG, JPEG or WebP files (in order of their names), one such file, a folder
 * with `images.bin` and `meta.json`, or a .npy file, `[N, H, W, C]`.
 *
 * Pictures are turned upright, laid on the background, resized and cropped as `toImages` of `unifool/images` does; they need
 * the npm package `sharp`, the other formats do not. `images.bin` holds bytes `[N][H][W][C]`, `meta.json` their `shape`,
 * and `labels.bin`, if there is one, uint8 or uint16. Bytes are scaled to the range, floats taken as they are.
 *
 * @param net an engine, or the shape `[H, W, C]` of an image
 * @throws ImageError if there are no images there, one is broken, or they do not fit the network; if sharp is missing
 * @throws the system's error, which names the path, where there is nothing
 * @throws InvalidArgumentError for wrong options
 *
 * @example
 * const { images, files } = await readImages("photos", net, { limit: 100 });
 * const { labels } = await net.logits(images);
 */
export async function readImages(
  path: string,
  net: PictureTarget,
  options?: ReadImagesOptions,
): Promise<ImageSet> {
  const request = resolve(path, net, options);
  const found = await stat(path);
  if (found.isDirectory()) {
    if (await isRawFolder(path)) return readRawFolder(path, request);
    const names = pictureNames(await readdir(path));
    if (names.length === 0)
      rejectImages(
        `${path} holds no images: expected PNG, JPEG or WebP files, or images.bin with meta.json (subfolders are not searched)`,
      );
    return readPictures(path, names, request);
  }
  if (/\.npy$/i.test(path)) return readNpyImages(path, request);
  const names = pictureNames([basename(path)]);
  if (names.length === 1) return { ...(await readPictures(dirname(path), names, request)), source: path };
  return rejectImages(
    `${path} is not a set of images: expected a folder, a .npy file, or a PNG, JPEG or WebP file`,
  );
}

function resolve(path: string, net: PictureTarget, options: ReadImagesOptions | undefined): ReadRequest {
  const caller = "readImages";
  if (typeof path !== "string")
    throw new InvalidArgumentError(
      `${caller}: path is ${typeof path}, expected the path of a folder or file`,
    );
  const given = optionsObject(caller, options, ["limit", "range", "fit", "background"]);
  const { shape, range } = targetOf(caller, net);
  return {
    inputShape: shape,
    range: interval(caller, "range", given.range ?? range),
    limit: given.limit === undefined ? undefined : integer(caller, "limit", given.limit, 1),
    fit: oneOf(caller, "fit", given.fit ?? "cover", FITS),
    background: checkColour(caller, given.background),
  };
}
