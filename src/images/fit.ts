import { resample, resizedLength } from "./resample.js";

/**
 * How a picture of another shape becomes `[H, W]`: "cover" resizes it until it covers that and crops it to its centre,
 * "contain" until it fits and fills the rest with the background, "fill" stretches it.
 */
export type Fit = "cover" | "contain" | "fill";

export const FITS = ["cover", "contain", "fill"] as const satisfies readonly Fit[];

/** A picture as numbers from 0 to 255, `[height][width][channels]`. */
export interface Plane {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The picture at `width` x `height`, rounded to bytes.
 *
 * @param background one level a channel, for what "contain" leaves free
 */
export function fitPicture(
  picture: Plane,
  channels: number,
  width: number,
  height: number,
  fit: Fit,
  background: readonly number[],
): Uint8ClampedArray {
  const [across, down] = [picture.width / width, picture.height / height];
  const same = fit === "cover" ? Math.min(across, down) : Math.max(across, down);
  const columns = stretch(picture.width, fit === "fill" ? across : same, width);
  const rows = stretch(picture.height, fit === "fill" ? down : same, height);
  const values = resample(picture.values, channels, rows.axis, columns.axis);
  const out = new Uint8ClampedArray(width * height * channels);
  if (fit === "contain") for (let i = 0; i < out.length; i++) out[i] = background[i % channels];
  const line = columns.axis.length * channels;
  for (let y = 0; y < rows.axis.length; y++)
    for (let i = 0, to = ((rows.at + y) * width + columns.at) * channels; i < line; i++)
      out[to + i] = Math.floor(values[y * line + i] + 0.5);
  return out;
}

/** What of an axis is taken, and where it goes: the middle either way. */
function stretch(size: number, shrink: number, target: number) {
  const resized = resizedLength(size, shrink);
  const start = Math.max(0, (resized - target + 1) >> 1);
  const length = Math.min(resized, target);
  return { axis: { size, shrink, start, length }, at: Math.max(0, (target - resized) >> 1) };
}
