import { integer, interval, oneOf, optionsObject } from "../../api/options.js";
import { InvalidArgumentError } from "../../errors.js";
import { checkColour } from "../../images/background.js";
import { FITS, type Fit } from "../../images/fit.js";
import { type PictureTarget, targetOf } from "../../images/picture_shape.js";
import { classesOf } from "./class_folders.js";
import type { ImageSet, ReadRequest } from "./image_set.js";
import { joinSets } from "./join_sets.js";
import { type Located, locate, type PictureFile } from "./located.js";
import { readNpyImages } from "./npy_file.js";
import { readPictures } from "./pictures.js";
import { readRawFolder } from "./raw_folder.js";

export interface ReadImagesOptions {
  /** How many images to take, the first ones. Default: all. */
  readonly limit?: number;
  /** `[low, high]` that black and white become. Default: the engine's range; `[0, 1]` where a shape is given. */
  readonly range?: readonly [number, number];
  /** What becomes of pictures of another shape, as in `toImages`. Default "cover". */
  readonly fit?: Fit;
  /** Red, green and blue, 0 to 255, of what shows behind transparent pixels and beside "contain". Default white. */
  readonly background?: readonly [number, number, number];
  /** What a picture that cannot be decoded does: end in an error, or go into `skipped`, unless all are. Default "reject". */
  readonly broken?: "reject" | "skip";
}

/**
 * Reads images from whatever the path is: a folder of PNG, JPEG or WebP files (in order of their names), one such file, a folder
 * with `images.bin` and `meta.json`, or a .npy file, `[N, H, W, C]`; of several paths one after the other.
 *
 * Folders are searched to the bottom. Where all pictures lie in folders of it, one a class, these take turns and give `labels`:
 * by the names of the engine's classes, of an engine without names by their order.
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
  path: string | readonly string[],
  net: PictureTarget,
  options?: ReadImagesOptions,
): Promise<ImageSet> {
  const request = resolve(path, net, options);
  const sets: ImageSet[] = [];
  let { limit } = request;
  for (const located of merged(await locateAll(typeof path === "string" ? [path] : path))) {
    if (limit === 0) break;
    const set = await read(located, { ...request, limit });
    sets.push(set);
    if (limit !== undefined) limit -= set.count;
  }
  return joinSets(sets);
}

async function read(located: Located, request: ReadRequest): Promise<ImageSet> {
  if (located.kind === "raw") return readRawFolder(located.source, request);
  if (located.kind === "npy") return readNpyImages(located.source, request);
  const set = await readPictures(located.source, located.files, request);
  const warnings = [...located.warnings, ...(set.warnings ?? [])];
  return warnings.length === 0 ? set : { ...set, warnings };
}

/** Of several, files are called by the path that leads there. */
async function locateAll(paths: readonly string[]): Promise<Located[]> {
  const all: Located[] = [];
  for (const path of paths) {
    const located = await locate(path);
    const isNamedAnew = located.kind === "pictures" && paths.length > 1;
    const named = (file: PictureFile) => ({ ...file, name: file.path.replaceAll("\\", "/") });
    all.push(isNamedAnew ? { ...located, files: located.files.map(named) } : located);
  }
  return all;
}

/** Pictures of paths that follow each other are one set, so that a thousand files are not a thousand sets. */
function merged(all: readonly Located[]): Located[] {
  const runs: Located[][] = [];
  all.forEach((located, i) => {
    if (located.kind === "pictures" && all[i - 1]?.kind === "pictures") runs.at(-1)?.push(located);
    else runs.push([located]);
  });
  return runs.map((run) => {
    const pictures = run.filter((located) => located.kind === "pictures");
    if (pictures.length < 2) return run[0];
    return {
      kind: "pictures",
      source: `${run[0].source} and ${pictures.length - 1} more`,
      files: pictures.flatMap(({ files }) => files),
      warnings: pictures.flatMap(({ warnings }) => warnings),
    };
  });
}

function resolve(path: unknown, net: PictureTarget, options: ReadImagesOptions | undefined): ReadRequest {
  const caller = "readImages";
  const paths = Array.isArray(path) ? path : [path];
  const odd = paths.find((one) => typeof one !== "string");
  if (odd !== undefined || paths.length === 0 || path === undefined)
    throw new InvalidArgumentError(
      `${caller}: path is ${paths.length === 0 ? "an empty list" : typeof odd}, expected the path of a folder or file, or several`,
    );
  const given = optionsObject(caller, options, ["limit", "range", "fit", "background", "broken"]);
  const { shape, range } = targetOf(caller, net);
  return {
    inputShape: shape,
    range: interval(caller, "range", given.range ?? range),
    limit: given.limit === undefined ? undefined : integer(caller, "limit", given.limit, 1),
    fit: oneOf(caller, "fit", given.fit ?? "cover", FITS),
    background: checkColour(caller, given.background),
    broken: oneOf(caller, "broken", given.broken ?? "reject", ["reject", "skip"]),
    classes: classesOf(net),
  };
}
