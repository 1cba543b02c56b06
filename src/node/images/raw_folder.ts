import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { scaleBytes } from "../../images/levels.js";
import { fits } from "../../images/picture_shape.js";
import { sizeOf } from "../../network/spec.js";
import { rejectImages } from "./failure.js";
import type { ImageSet, ReadRequest } from "./image_set.js";

/** What `meta.json` says; everything else in it is ignored. */
interface Meta {
  readonly shape: readonly number[];
  readonly labelWidth: 1 | 2;
  readonly classes?: readonly string[];
}

/** Whether a folder holds `images.bin` and `meta.json`. */
export async function isRawFolder(folder: string): Promise<boolean> {
  const names = await Promise.all(["images.bin", "meta.json"].map((name) => isFile(join(folder, name))));
  return names.some(Boolean);
}

/**
 * Reads a folder with `images.bin` (uint8, NHWC), `meta.json` (`shape` [N, H, W, C], `labelsDtype`, `classes`) and
 * optionally `labels.bin` (uint8 or little-endian uint16).
 *
 * @throws ImageError if a file is missing, contradicts another, or does not fit the network
 */
export async function readRawFolder(folder: string, request: ReadRequest): Promise<ImageSet> {
  const meta = await readMeta(join(folder, "meta.json"));
  const [total, ...shape] = meta.shape;
  const size = sizeOf(shape);
  const path = join(folder, "images.bin");
  const file = await readFile(path);
  if (file.length !== total * size)
    rejectImages(
      `${path} has ${file.length} bytes, expected ${total * size} for ${meta.shape.join("x")} (meta.json)`,
    );
  if (total === 0) rejectImages(`${folder} holds no images`);
  if (!fits(shape, request.inputShape))
    rejectImages(
      `${folder} holds images of ${shape.join("x")}, but the model takes ${request.inputShape.join("x")}`,
    );
  const count = Math.min(total, request.limit ?? total);
  return {
    source: folder,
    images: scaleBytes(file.subarray(0, count * size), request.range),
    count,
    shape,
    labels: await readLabels(join(folder, "labels.bin"), meta, total, count),
    classNames: meta.classes,
  };
}

async function readMeta(path: string): Promise<Meta> {
  let meta: Record<string, unknown>;
  try {
    meta = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) rejectImages(`${path} is not JSON: ${error.message}`);
    throw error;
  }
  const { shape, layout = "NHWC", dtype = "uint8", labelsDtype = "uint8", classes } = meta ?? {};
  if (!isShape(shape))
    rejectImages(`${path}: shape is ${JSON.stringify(shape)}, expected [images, height, width, channels]`);
  if (layout !== "NHWC") rejectImages(`${path}: layout is ${JSON.stringify(layout)}, expected "NHWC"`);
  if (dtype !== "uint8") rejectImages(`${path}: dtype is ${JSON.stringify(dtype)}, expected "uint8"`);
  const width = /^uint(8|16)\b/.exec(String(labelsDtype))?.[1];
  if (width === undefined)
    rejectImages(`${path}: labelsDtype is ${JSON.stringify(labelsDtype)}, expected "uint8" or "uint16"`);
  return {
    shape,
    labelWidth: width === "16" ? 2 : 1,
    classes: Array.isArray(classes) ? classes.map(String) : undefined,
  };
}

function isShape(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((n, a) => Number.isInteger(n) && n >= (a ? 1 : 0))
  );
}

async function readLabels(
  path: string,
  meta: Meta,
  total: number,
  count: number,
): Promise<Int32Array | undefined> {
  if (!(await isFile(path))) return undefined;
  const file = await readFile(path);
  if (file.length !== total * meta.labelWidth)
    rejectImages(`${path} has ${file.length} bytes, expected ${total * meta.labelWidth} for ${total} labels`);
  const read = (i: number) => (meta.labelWidth === 2 ? file.readUInt16LE(2 * i) : file[i]);
  return Int32Array.from({ length: count }, (_, i) => read(i));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
