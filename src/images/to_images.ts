import { checkCallback, checkSignal, interval, oneOf, optionsObject } from "../api/options.js";
import { InvalidArgumentError } from "../errors.js";
import { type Shape, sizeOf } from "../network/spec.js";
import { checkColour } from "./background.js";
import { backgroundLevels, type Pixels, toChannels } from "./colours.js";
import { FITS, type Fit, fitPicture } from "./fit.js";
import { scaleBytes } from "./levels.js";
import { type PictureTarget, pictureShape, targetOf } from "./picture_shape.js";
import { type ImageSource, isSource, openSource, plainBytes } from "./sources.js";

export interface ToImagesOptions {
  /**
   * What becomes of a picture of another shape: "cover", the default, resizes it until it covers `[H, W]` and crops it to its
   * centre; "contain" until it fits and fills the rest with the background; "fill" stretches it.
   */
  readonly fit?: Fit;
  /** `[low, high]` that black and white become. Default: the engine's range; `[0, 1]` where a shape is given. */
  readonly range?: readonly [number, number];
  /** Red, green and blue, 0 to 255, of what shows behind transparent pixels and beside "contain". Default white. */
  readonly background?: readonly [number, number, number];
  /** Channels of sources that are bytes alone. Default: the network's. */
  readonly channels?: 1 | 3 | 4;
  readonly signal?: AbortSignal;
  /** Called after each source, with how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Pictures as an engine takes them.
 *
 * Each is turned upright as its EXIF says, laid on the background, resized and cropped to the network's `[H, W]`, rounded to
 * 8 bits and scaled to the range; a network with one channel gets luma (BT.601), one with three gets RGB. The command line
 * and `readImages` of `unifool/node` do the same with the same filter: linear, over as many pixels as one pixel is made of, so
 * that small details do not alias. Bytes alone (`Uint8Array`) are pixels of the network's size, one picture or many.
 *
 * @param sources one, or several: `ImageData`, `ImageBitmap`, image, canvas and video elements, `Blob`s and `File`s, pixels
 *   with their size, bytes
 * @param net an engine, or the shape `[H, W]` or `[H, W, C]` of an image, C 1 or 3
 * @returns `[N][H][W][C]`, in the order of the sources
 * @throws InvalidArgumentError for a source that is no picture, cannot be decoded or may not be read, naming its place in the
 *   list; for a network that takes no pictures; for wrong options
 * @throws the signal's reason when aborted
 *
 * @example
 * const input = document.querySelector("input") as HTMLInputElement; // <input type="file" multiple>
 * const pictures = await toImages(input.files as FileList, net);
 * const { labels } = await net.logits(pictures);
 */
export async function toImages(
  sources: ImageSource | Iterable<ImageSource>,
  net: PictureTarget,
  options?: ToImagesOptions,
): Promise<Float32Array> {
  const caller = "toImages";
  const { shape, range, fit, background, channels, signal, onProgress } = resolve(caller, net, options);
  const list = isSource(sources) ? [sources] : listOf(caller, sources);
  const pictures: Uint8ClampedArray[] = [];
  for (const [i, source] of list.entries()) {
    signal?.throwIfAborted();
    const name = list.length === 1 ? `${caller}: sources` : `${caller}: source ${i}`;
    const bytes = plainBytes(source);
    const opened = bytes ? splitBytes(name, bytes, shape, channels) : [await openSource(name, source)];
    for (const pixels of opened) {
      const plane = toChannels(pixels, shape[2] as 1 | 3, background);
      const beside = backgroundLevels(background, shape[2] as 1 | 3);
      pictures.push(fitPicture(plane, shape[2], shape[1], shape[0], fit, beside));
    }
    onProgress?.(i + 1, list.length);
  }
  const images = new Float32Array(pictures.length * sizeOf(shape));
  for (const [n, picture] of pictures.entries()) images.set(scaleBytes(picture, range), n * picture.length);
  return images;
}

function resolve(caller: string, net: PictureTarget, options: ToImagesOptions | undefined) {
  const known = ["fit", "range", "background", "channels", "signal", "onProgress"] as const;
  const given = optionsObject(caller, options, known);
  const target = targetOf(caller, net);
  const shape = pictureShape(target.shape);
  if (target.shape.length === 1 || (shape[2] !== 1 && shape[2] !== 3))
    throw new InvalidArgumentError(
      `${caller}: the network takes ${target.shape.join("x")}, expected height x width x 1 or 3; of a network on vectors give the shape of the picture`,
    );
  checkSignal(caller, given.signal);
  checkCallback(caller, "onProgress", given.onProgress);
  return {
    shape,
    range: interval(caller, "range", given.range ?? target.range),
    fit: oneOf(caller, "fit", given.fit ?? "cover", FITS),
    background: checkColour(caller, given.background),
    channels: oneOf<1 | 3 | 4>(caller, "channels", given.channels ?? (shape[2] as 1 | 3), [1, 3, 4]),
    signal: given.signal,
    onProgress: given.onProgress,
  };
}

function listOf(caller: string, sources: unknown): ImageSource[] {
  if (typeof sources === "object" && sources !== null && Symbol.iterator in sources)
    return [...(sources as Iterable<ImageSource>)];
  throw new InvalidArgumentError(
    `${caller}: sources is ${Object.prototype.toString.call(sources).slice(8, -1)}, expected a picture or a list of pictures`,
  );
}

/** Pictures of the network's size, back to back. */
function splitBytes(
  name: string,
  bytes: Uint8Array | Uint8ClampedArray,
  [height, width]: Shape,
  channels: 1 | 3 | 4,
): Pixels[] {
  const size = height * width * channels;
  if (bytes.length === 0 || bytes.length % size !== 0)
    throw new InvalidArgumentError(
      `${name} has ${bytes.length} bytes, expected a multiple of ${size} (${height}x${width}x${channels}; ` +
        "the option channels says how many a pixel has, { data, width, height } gives another size)",
    );
  return Array.from({ length: bytes.length / size }, (_, n) => {
    const data = bytes.subarray(n * size, (n + 1) * size);
    return { data, width, height, channels };
  });
}
