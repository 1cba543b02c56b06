import { aroundGrey, drawImage } from "../../images/draw.js";
import type { Shape } from "../../network/spec.js";
import { short } from "../words.js";

/** A small RGB picture, `[height][width][3]`. */
export interface Tile {
  readonly pixels: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** One image, `[H][W][C]`, as `drawImage` draws it. */
export function imageTile(image: Float32Array, shape: Shape, range: readonly [number, number]): Tile {
  return { pixels: drawImage(image, shape, range, 3), width: shape[1], height: shape[0] };
}

/** The perturbation times `factor`, around middle grey. */
export function perturbationTile(
  perturbation: Float32Array,
  shape: Shape,
  range: readonly [number, number],
  factor: number,
): Tile {
  return imageTile(aroundGrey(perturbation, range, factor), shape, range);
}

/** "×12.7 around grey", the words that say how a drawn perturbation was made visible. */
export function amplified(factor: number): string {
  return `×${short(factor)} around grey`;
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
