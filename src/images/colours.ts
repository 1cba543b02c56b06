import type { Plane } from "./fit.js";

/** Pixels as bytes, `[height][width][channels]`: grey, RGB, or RGB and alpha that it is not multiplied by. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** Shares of red, green and blue in grey, of ITU-R BT.601: what Pillow, OpenCV and TensorFlow take. */
export const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The picture in as many channels as a network takes: what is transparent shows the background, grey becomes equal red,
 * green and blue, colour becomes luma.
 *
 * @param background red, green and blue, 0 to 255
 */
export function toChannels(pixels: Pixels, channels: 1 | 3, background: readonly number[]): Plane {
  const { data, width, height } = pixels;
  const count = width * height;
  const values = new Float32Array(count * channels);
  const from = pixels.channels;
  if (from === channels) values.set(data);
  else if (from === 1) for (let p = 0; p < count; p++) values.fill(data[p], 3 * p, 3 * p + 3);
  else
    for (let p = 0; p < count; p++) {
      const share = from === 4 ? data[from * p + 3] / 255 : 1;
      let luma = 0;
      for (let c = 0; c < 3; c++) {
        const exact = data[from * p + c] * share + background[c] * (1 - share);
        if (channels === 3) values[3 * p + c] = exact;
        else luma += LUMA[c] * exact;
      }
      if (channels === 1) values[p] = luma;
    }
  return { values, width, height };
}

/** The background in as many channels as a network takes. */
export function backgroundLevels(background: readonly number[], channels: 1 | 3): readonly number[] {
  if (channels === 3) return background;
  return [LUMA.reduce((sum, share, c) => sum + share * background[c], 0)];
}
