import type { Shape } from "../network/spec.js";

/**
 * One image as bytes: the low end of the range is black, the high end white, values outside are clipped. One channel is
 * drawn grey; of more than three the first three are taken, of two the first.
 *
 * @param image `[H][W][C]`
 * @param out 3: RGB, 4: with alpha 255
 * @returns `[H][W][out]`
 */
export function drawImage(
  image: Float32Array,
  [height, width, channels]: Shape,
  [low, high]: readonly [number, number],
  out: 3 | 4,
): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(height * width * out).fill(255);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < 3; c++) {
      const value = image[p * channels + (channels >= 3 ? c : 0)];
      pixels[p * out + c] = Math.round((255 * (value - low)) / (high - low));
    }
  return pixels;
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

/** The perturbation times `scale`, around the middle of the range. */
export function aroundGrey(
  perturbation: Float32Array,
  [low, high]: readonly [number, number],
  scale: number,
): Float32Array {
  return perturbation.map((v) => (low + high) / 2 + scale * v);
}
