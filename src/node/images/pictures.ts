import { join } from "node:path";
import { LUMA } from "../../images/colours.js";
import { scaleBytes } from "../../images/levels.js";
import { pictureShape } from "../../images/picture_shape.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import { loadSharp } from "../sharp.js";
import { firstLine } from "../words.js";
import { rejectImages } from "./failure.js";
import type { ImageSet, ReadRequest } from "./image_set.js";

const PICTURE = /\.(png|jpe?g|webp)$/i;

/** The picture files among the names, in order of their code points, so that a run can be repeated anywhere. */
export function pictureNames(names: readonly string[]): string[] {
  return names.filter((name) => PICTURE.test(name) && !name.startsWith(".")).sort();
}

/**
 * Decodes PNG, JPEG and WebP files: turned upright, resized so that the picture covers the network's input, cropped
 * to its centre; what is transparent shows the background, and a network with one channel gets luma. `toImages` does the same in a
 * browser.
 *
 * @param names file names in `folder`, already in order
 * @throws ImageError if a file cannot be decoded, or the network's input is not a grey or RGB picture
 */
export async function readPictures(
  folder: string,
  names: readonly string[],
  request: ReadRequest,
): Promise<ImageSet> {
  const shape = pictureShape(request.inputShape);
  const [, , channels] = shape;
  if (request.inputShape.length === 1 || (channels !== 1 && channels !== 3))
    rejectImages(
      `${folder} holds pictures, but the model takes ${request.inputShape.join("x")}; expected an input of height x width x 1 or 3`,
    );
  const sharp = await loadSharp("readImages", "reading PNG, JPEG and WebP");
  const taken = names.slice(0, request.limit);
  const size = sizeOf(shape);
  const images = new Float32Array(taken.length * size);
  const readers = Math.min(8, taken.length); // a few at a time: decoded photographs are large
  let next = 0;
  const reader = async () => {
    while (next < taken.length) {
      const i = next++;
      images.set(
        scaleBytes(await decode(sharp, join(folder, taken[i]), shape, request), request.range),
        i * size,
      );
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
  return { source: folder, images, count: taken.length, shape, files: taken };
}

async function decode(
  sharp: Awaited<ReturnType<typeof loadSharp>>,
  path: string,
  [height, width, channels]: Shape,
  { fit, background: [r, g, b] }: ReadRequest,
): Promise<Uint8Array> {
  const background = { r, g, b };
  try {
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
  } catch (error) {
    rejectImages(`${path}: cannot be decoded (${firstLine(error)})`, error);
  }
}
