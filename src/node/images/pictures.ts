import { LUMA } from "../../images/colours.js";
import { scaleBytes } from "../../images/levels.js";
import { pictureShape } from "../../images/picture_shape.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import { loadSharp } from "../sharp.js";
import { firstLine } from "../words.js";
import { labelsOfFolders } from "./class_folders.js";
import { rejectImages } from "./failure.js";
import type { ImageSet, ReadRequest, SkippedFile } from "./image_set.js";
import type { PictureFile } from "./located.js";

/**
 * Decodes PNG, JPEG and WebP files: turned upright, resized so that the picture covers the network's input, cropped
 * to its centre; what is transparent shows the background, and a network with one channel gets luma. `toImages` does the same in a
 * browser.
 *
 * @param source where they come from, as it was given
 * @param files in the order they are taken
 * @throws ImageError if a file cannot be decoded, or none can where they may be skipped; if the network's input is not a grey or RGB picture
 */
export async function readPictures(
  source: string,
  files: readonly PictureFile[],
  request: ReadRequest,
): Promise<ImageSet> {
  const shape = pictureShape(request.inputShape);
  const [, , channels] = shape;
  if (request.inputShape.length === 1 || (channels !== 1 && channels !== 3))
    rejectImages(
      `${source} holds pictures, but the model takes ${request.inputShape.join("x")}; expected an input of height x width x 1 or 3`,
    );
  const sharp = await loadSharp("readImages", "reading PNG, JPEG and WebP");
  const { limit = files.length } = request;
  const size = sizeOf(shape);
  const images = new Float32Array(Math.min(limit, files.length) * size);
  const taken: PictureFile[] = [];
  const skipped: SkippedFile[] = [];
  // Where some are broken others take their place.
  for (let next = 0; next < files.length && taken.length < limit; ) {
    const wanted = files.slice(next, next + limit - taken.length);
    next += wanted.length;
    const first = taken.length;
    const problems = await inParallel(wanted, async (file, i) => {
      try {
        const pixels = await decode(sharp, file.path, shape, request);
        images.set(scaleBytes(pixels, request.range), (first + i) * size);
        return undefined;
      } catch (error) {
        const problem = `cannot be decoded (${firstLine(error)})`;
        if (request.broken === "reject") rejectImages(`${file.path}: ${problem}`, error);
        return problem;
      }
    });
    wanted.forEach((file, i) => {
      const problem = problems[i];
      if (problem !== undefined) skipped.push({ file: file.path, problem });
      else {
        images.copyWithin(taken.length * size, (first + i) * size, (first + i + 1) * size);
        taken.push(file);
      }
    });
  }
  if (taken.length === 0)
    rejectImages(
      `${skipped[0].file}: ${skipped[0].problem}${skipped.length > 1 ? `; nor can the other ${skipped.length - 1}` : ""}`,
    );
  const folders = [...new Set(files.flatMap(({ classFolder = [] }) => classFolder))].sort();
  const { warnings, ...named } = labelsOfFolders(
    taken.map(({ classFolder }) => classFolder),
    folders,
    request.classes,
  );
  return {
    source,
    images: images.subarray(0, taken.length * size),
    count: taken.length,
    shape,
    files: taken.map(({ name }) => name),
    ...named,
    ...(skipped.length > 0 && { skipped }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** A few at a time: decoded photographs are large. */
async function inParallel<T, R>(items: readonly T[], work: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i], i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(8, items.length) }, worker));
  return results;
}

async function decode(
  sharp: Awaited<ReturnType<typeof loadSharp>>,
  path: string,
  [height, width, channels]: Shape,
  { fit, background: [r, g, b] }: ReadRequest,
): Promise<Uint8Array> {
  const background = { r, g, b };
  const upright = sharp(path, { failOn: "truncated" }).autoOrient().flatten({ background });
  const cropped = upright.resize({
    width,
    height,
    fit,
    position: "centre",
    background,
    kernel: "linear",
    // Faster decoding of JPEG leaves too few pixels for the filter, and moves them by up to half a target pixel.
    fastShrinkOnLoad: false,
  });
  // Not sharp's own grey, which is luminance: networks learn from luma.
  const coloured =
    channels === 1
      ? cropped.recomb([[...LUMA], [...LUMA], [...LUMA]]).extractChannel(0)
      : cropped.toColourspace("srgb");
  const { data, info } = await coloured.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  if (info.channels !== channels || data.length !== height * width * channels)
    throw new Error(`decoded to ${info.width}x${info.height}x${info.channels}`);
  return data;
}
