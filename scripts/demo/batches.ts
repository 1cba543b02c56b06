import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs";
import { PIXEL_MEAN, PIXEL_STD, SEED } from "../../src/demo/demo_set.js";
import { labelOf, photograph, SIDE, type Split } from "../../src/demo/photograph.js";
import type { Random } from "../../src/demo/random.js";
import { tf } from "./tf.js";

const VALUES = SIDE * SIDE * 3;

/** The first `count` images of a stream. */
export function drawSet(split: Split, count: number): Uint8Array {
  const images = new Uint8Array(count * VALUES);
  for (let n = 0; n < count; n++) photograph(SEED, split, n, images.subarray(n * VALUES, (n + 1) * VALUES));
  return images;
}

export interface Batch {
  readonly inputs: Tensor4D;
  /** One-hot labels. */
  readonly targets: Tensor2D;
}

/** Network inputs of the images `indices`; with `augment`, each one mirrored and moved by up to 2 pixels by chance. */
export function batch(
  images: Uint8Array,
  indices: readonly number[],
  classes: number,
  augment?: Random,
): Batch {
  const inputs = new Float32Array(indices.length * VALUES);
  const zero = PIXEL_MEAN.map((mean) => Math.round(mean * 255));
  indices.forEach((index, n) => {
    const mirror = augment?.chance(0.5) ?? false;
    const dx = augment ? augment.integer(5) - 2 : 0;
    const dy = augment ? augment.integer(5) - 2 : 0;
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const sy = y + dy;
        const sx = (mirror ? SIDE - 1 - x : x) + dx;
        const inside = sx >= 0 && sy >= 0 && sx < SIDE && sy < SIDE;
        for (let k = 0; k < 3; k++) {
          const pixel = inside ? images[index * VALUES + (sy * SIDE + sx) * 3 + k] : zero[k];
          inputs[n * VALUES + (y * SIDE + x) * 3 + k] = (pixel / 255 - PIXEL_MEAN[k]) / PIXEL_STD[k];
        }
      }
  });
  const targets = new Float32Array(indices.length * classes);
  indices.forEach((index, n) => {
    targets[n * classes + labelOf(index)] = 1;
  });
  return {
    inputs: tf.tensor4d(inputs, [indices.length, SIDE, SIDE, 3]),
    targets: tf.tensor2d(targets, [indices.length, classes]),
  };
}
