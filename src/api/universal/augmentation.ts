import type { Shape } from "../../network/spec.js";

/** How images may be changed before v is added. */
export interface Augmentation {
  /** Most pixels that an image is moved by, in each direction. */
  readonly shift: number;
  /** Half of the images are mirrored, left to right. */
  readonly flip: boolean;
}

/** An eighth of the shorter side, and flips: what is best on every network of `bench/rules`, with few images and many. */
export function usualAugmentation([height, width]: Shape): Augmentation {
  return { shift: Math.floor(Math.min(height, width) / 8), flip: true };
}

/** Moves an image `[H][W][C]` in place by so many rows and columns and mirrors it; pixels at the edge are repeated. */
export function augmented(
  image: Float32Array,
  [height, width, channels]: Shape,
  { rows, columns, flip }: { readonly rows: number; readonly columns: number; readonly flip: boolean },
): void {
  const from = image.slice();
  const inside = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = inside((flip ? width - 1 - x : x) - columns, width);
      const source = (inside(y - rows, height) * width + column) * channels;
      for (let c = 0; c < channels; c++) image[(y * width + x) * channels + c] = from[source + c];
    }
}
