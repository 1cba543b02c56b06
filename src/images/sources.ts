import { InvalidArgumentError } from "../errors.js";
import type { Pixels } from "./colours.js";

/** Pixels in memory, such as an `ImageData`: bytes, `[height][width][channels]`, with 1, 3 or 4 channels. */
export interface RawPixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** What `toImages` takes for one picture; bytes alone also for several. */
export type ImageSource =
  | RawPixels
  | Uint8Array
  | Uint8ClampedArray
  | Blob
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement;

/** Classes of what can be drawn on a canvas, by the names that they have in every window. */
const DRAWABLE: readonly string[] = [
  "ImageBitmap",
  "HTMLImageElement",
  "HTMLCanvasElement",
  "OffscreenCanvas",
  "HTMLVideoElement",
];

/** @returns bytes without sizes; undefined for any other source */
export function plainBytes(source: unknown): Uint8Array | Uint8ClampedArray | undefined {
  return source instanceof Uint8Array || source instanceof Uint8ClampedArray ? source : undefined;
}

/** Whether it is one source, rather than several. */
export function isSource(source: unknown): source is ImageSource {
  return plainBytes(source) !== undefined || isRaw(source) || isBlob(source) || isDrawable(source);
}

/**
 * Decodes one source, as it is seen: turned upright as EXIF says, in sRGB.
 *
 * @param name what to call it in errors
 * @throws InvalidArgumentError for what is no picture, cannot be decoded, or may not be read (`HTMLImageElement`s of other
 *   origins without CORS)
 */
export async function openSource(name: string, source: ImageSource): Promise<Pixels> {
  if (isRaw(source)) return openRaw(name, source);
  if (isDrawable(source)) return readDrawn(name, source, await sizeOfDrawable(name, source));
  if (!isBlob(source))
    throw new InvalidArgumentError(
      `${name} is ${describe(source)}, expected ImageData, bytes, a Blob or File, or what a canvas can draw`,
    );
  if (typeof createImageBitmap !== "function")
    throw new InvalidArgumentError(
      `${name} is a ${describe(source)}, which only browsers decode, expected pixels; readImages of unifool/node reads files`,
    );
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { premultiplyAlpha: "none" });
  } catch (error) {
    throw new InvalidArgumentError(`${name}${fileName(source)} cannot be decoded, expected a picture`, {
      cause: error,
    });
  }
  try {
    return readDrawn(name, bitmap, bitmap);
  } finally {
    bitmap.close();
  }
}

function openRaw(name: string, { data, width, height }: RawPixels): Pixels {
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new InvalidArgumentError(
      `${name} has ${data.length} bytes at ${width}x${height}, expected 1, 3 or 4 a pixel`,
    );
  return { data, width, height, channels };
}

type Drawable = Exclude<ImageSource, RawPixels | Uint8Array | Uint8ClampedArray | Blob>;

async function sizeOfDrawable(
  name: string,
  source: Drawable,
): Promise<{ readonly width: number; readonly height: number }> {
  if ("naturalWidth" in source) {
    try {
      await source.decode();
    } catch (error) {
      throw new InvalidArgumentError(
        `${name} is an image that cannot be decoded (${source.currentSrc.slice(0, 80) || "no src"}), expected a picture`,
        { cause: error },
      );
    }
    return { width: source.naturalWidth, height: source.naturalHeight };
  }
  return "videoWidth" in source ? { width: source.videoWidth, height: source.videoHeight } : source;
}

function readDrawn(
  name: string,
  source: Drawable,
  { width, height }: { readonly width: number; readonly height: number },
): Pixels {
  if (!(width > 0 && height > 0))
    throw new InvalidArgumentError(`${name} is ${width}x${height}, expected a picture with pixels`);
  const context = canvasOf(width, height).getContext("2d", { willReadFrequently: true }) as
    | CanvasRenderingContext2D
    | OffscreenCanvasRenderingContext2D
    | null;
  if (context === null)
    throw new InvalidArgumentError(`${name} is ${width}x${height}, which is more than a canvas can hold`);
  context.drawImage(source, 0, 0, width, height);
  try {
    return { ...pixelsOf(context.getImageData(0, 0, width, height)), channels: 4 };
  } catch (error) {
    throw new InvalidArgumentError(
      `${name} may not be read, expected a picture of this origin, or one that its server lets others read (CORS)`,
      { cause: error },
    );
  }
}

function pixelsOf({ data, width, height }: ImageData): RawPixels {
  return { data: data as Uint8ClampedArray, width, height };
}

function canvasOf(width: number, height: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

function isRaw(source: unknown): source is RawPixels {
  if (typeof source !== "object" || source === null || !("data" in source)) return false;
  const { data, width, height } = source as Partial<RawPixels>;
  return plainBytes(data) !== undefined && [width, height].every((n) => Number.isInteger(n) && Number(n) > 0);
}

function isBlob(source: unknown): source is Blob {
  return typeof Blob !== "undefined" && source instanceof Blob;
}

function isDrawable(source: unknown): source is Drawable {
  return DRAWABLE.includes(tagOf(source));
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? tagOf(value) : typeof value;
}

function fileName(source: Blob): string {
  return "name" in source ? ` (${String(source.name).slice(0, 80)})` : "";
}
