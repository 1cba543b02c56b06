import { type Shape, sizeOf } from "../src/network/spec.js";
import { type Files, readJson } from "./files.js";

/** Images to measure on, values in [0, 1], `[N][H][W][C]`. */
export interface Images {
  readonly source: string;
  readonly count: number;
  readonly values: Float32Array;
}

/** The first `count` images of a folder with `images.bin` (uint8, NHWC) and `meta.json`, or all if it has fewer. */
export async function readImages(files: Files, folder: string, count: number): Promise<Images> {
  const { shape } = await readJson<{ shape: number[] }>(files, `${folder}/meta.json`);
  const [available, ...rest] = shape;
  const taken = Math.min(count, available);
  const bytes = await files.bytes(`${folder}/images.bin`);
  const values = Float32Array.from(bytes.subarray(0, taken * sizeOf(rest)), (byte) => byte / 255);
  return { source: folder.split("/").slice(-2).join("/"), count: taken, values };
}

/**
 * Seeded images that look like photographs to a network: colours that vary smoothly over several scales, a
 * spectrum that falls with frequency, a little noise. White noise would leave other units live than images do.
 */
export function drawImages(shape: Shape, count: number, seed: number): Images {
  const [height, width, channels] = shape;
  const values = new Float32Array(count * sizeOf(shape));
  const random = uniform(seed);
  let at = 0;
  for (let n = 0; n < count; n++) {
    const waves = Array.from({ length: 24 }, (_, i) => {
      const cycles = 2 ** (i / 5);
      const angle = 2 * Math.PI * random();
      return {
        x: (2 * Math.PI * cycles * Math.cos(angle)) / width,
        y: (2 * Math.PI * cycles * Math.sin(angle)) / height,
        phase: 2 * Math.PI * random(),
        amplitude: Array.from({ length: channels }, () => (random() - 0.3) / (2 * cycles)),
      };
    });
    const base = Array.from({ length: channels }, () => 0.25 + 0.5 * random());
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) {
          let value = base[c] + 0.06 * (random() - 0.5);
          for (const w of waves) value += w.amplitude[c] * Math.sin(w.x * x + w.y * y + w.phase);
          values[at++] = Math.min(1, Math.max(0, value));
        }
  }
  return { source: `drawn, seed ${seed}`, count, values };
}

/** Uniform numbers in [0, 1) from a seed (Mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers from a seed (Box and Muller). */
export function normal(seed: number): () => number {
  const random = uniform(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
