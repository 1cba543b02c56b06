import { scaleBytes } from "../../images/levels.js";
import { type Shape, sizeOf } from "../../index.js";
import { loadSharp } from "../../node/sharp.js";
import type { ImageSet } from "../../node.js";
import { UsageError } from "../errors.js";
import type { FileMaker } from "./staged_files.js";

/** Images as picture files have them, and what is left of the values once they are read again. */
export interface SavedPictures {
  /** Makers of the files by name, a PNG for each image, in order. */
  readonly files: Readonly<Record<string, FileMaker>>;
  /** `[N][H][W][C]`, on the 256 levels of the range: the values that the files hold. */
  readonly images: Float32Array;
}

/**
 * Refuses images that no PNG holds, before there are any.
 *
 * @throws UsageError unless they have one channel or three
 * @throws ImageError if sharp is not installed on this machine
 */
export async function checkSavable(option: string, [, , channels]: Shape): Promise<void> {
  if (channels !== 1 && channels !== 3)
    throw new UsageError(
      `${option}: images of ${channels} channels cannot be saved as PNG files, expected 1 or 3`,
    );
  await loadSharp(option, "writing PNG");
}

/**
 * PNG files of 8 bits: values are clipped to the range and rounded to the nearest of its 256 levels.
 *
 * @param images `[N][H][W][C]`, of the set's shape, in the range
 */
export function savedPictures(
  images: Float32Array,
  set: Pick<ImageSet, "count" | "shape" | "files">,
  range: readonly [number, number],
): SavedPictures {
  const [low, high] = range;
  const [height, width, channels] = set.shape;
  const bytes = Uint8ClampedArray.from(images, (v) => (255 * (v - low)) / (high - low)); // clips and rounds
  const size = sizeOf(set.shape);
  const files: Record<string, FileMaker> = {};
  pictureNames(set).forEach((name, n) => {
    files[name] = async () => {
      const sharp = await loadSharp("PNG", "writing it");
      const raw = { width, height, channels: channels as 1 | 3 };
      const picture = sharp(bytes.subarray(n * size, (n + 1) * size), { raw });
      return (channels === 1 ? picture.toColourspace("b-w") : picture).png().toBuffer();
    };
  });
  return { files, images: scaleBytes(bytes, range) };
}

/**
 * Names for the pictures: those of the files that the images come from, ending in `.png`, with the ending kept where two would
 * be the same (also where a file system knows no capitals); else their numbers.
 * They stay inside the folder that they are written to.
 */
export function pictureNames({ files, count }: Pick<ImageSet, "count" | "files">): string[] {
  if (!files) {
    const digits = String(count - 1).length;
    return Array.from({ length: count }, (_, n) => `${String(n).padStart(digits, "0")}.png`);
  }
  const inside = files.map((file) =>
    file
      .split(/[\\/]/)
      .filter((part) => part !== "" && part !== "." && part !== ".." && !/^\w:$/.test(part))
      .join("/"),
  );
  const bare = (name: string) => name.replace(/\.\w+$/, "");
  const times = new Map<string, number>();
  for (const name of inside.map((file) => bare(file).toLowerCase()))
    times.set(name, (times.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  return inside.map((file) => {
    const name = times.get(bare(file).toLowerCase()) === 1 ? bare(file) : file;
    for (let again = 1; ; again++) {
      const free = again === 1 ? `${name}.png` : `${name}-${again}.png`;
      if (taken.has(free.toLowerCase())) continue;
      taken.add(free.toLowerCase());
      return free;
    }
  });
}
