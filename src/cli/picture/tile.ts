import type { Shape } from "../../index.js";

/** A small RGB picture, `[height][width][3]`. */
export interface Tile {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * One image as RGB bytes: the low end of the range is black, the high end white, values outside are clipped. One
 * channel is drawn grey; of more than three the first three are taken, of two the first.
 *
 * @param image `[H][W][C]`
 */
export function imageTile(image: Float32Array, shape: Shape, [low, high]: readonly [number, number]): Tile {
  const [height, width, channels] = shape;
  const pixels = new Uint8Array(height * width * 3);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < 3; c++) {
      const value = image[p * channels + (channels >= 3 ? c : 0)];
      pixels[p * 3 + c] = Math.min(255, Math.max(0, Math.round((255 * (value - low)) / (high - low))));
    }
  return { pixels, width, height };
}

/**
 * How much a perturbation can be amplified before a value leaves the picture, `half the range / max |v|`, rounded
 * down to one decimal; 1 for v = 0.
 */
export function amplification(perturbation: Float32Array, [low, high]: readonly [number, number]): number {
  const largest = perturbation.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  if (largest === 0) return 1;
  const factor = (high - low) / 2 / largest;
  return factor < 1 ? factor : Math.floor(factor * 10 + 1e-4) / 10;
}

/** The perturbation times `factor`, around middle grey. */
export function perturbationTile(
  perturbation: Float32Array,
  shape: Shape,
  range: readonly [number, number],
  factor: number,
): Tile {
  const middle = (range[0] + range[1]) / 2;
  return imageTile(
    perturbation.map((v) => middle + factor * v),
    shape,
    range,
  );
}

/** Enlarged by a whole factor, each pixel a square: small images stay what they are. */
export function enlarge(tile: Tile, factor: number): Tile {
  if (factor === 1) return tile;
  const width = tile.width * factor;
  const height = tile.height * factor;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const source = 3 * (Math.floor(y / factor) * tile.width + Math.floor(x / factor));
      pixels.set(tile.pixels.subarray(source, source + 3), 3 * (y * width + x));
    }
  return { pixels, width, height };
}
