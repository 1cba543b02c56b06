import type { Shape } from "../../network/spec.js";

/** How images may be changed before v is added. */
export interface Augmentation {
  /** Most pixels that an image is moved by, in each direction. */
  readonly shift: number;
  /** Half of the images are mirrored, left to right; undefined: where the network takes most mirrored ones for the same. */
  readonly flip: boolean | undefined;
}

/** So many images are moved by an eighth of their side at most. */
const FEW = 100;

/**
 * An eighth of the shorter side; of more images less, as many as there are show more by themselves: by sqrt(100 / N). Mirrored photographs
 * are worth a little more, mirrored digits cost as much as moves are worth. On every network of `bench/rules`.
 */
export function usualAugmentation([height, width]: Shape, images: number): Augmentation {
  const shift = (Math.min(height, width) / 8) * Math.min(1, Math.sqrt(FEW / images));
  return { shift: Math.floor(shift), flip: undefined };
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
