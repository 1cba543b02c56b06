import type { Saved } from "../worker/protocol.js";
import { duration } from "./format.js";
import { moments, result } from "./run_state.js";

/** Pixels that each picture is at least wide, enlarged by a whole factor, and between two of them. */
const LEAST_WIDTH = 128;
const GAP = 8;

/** v at moments of the run and at its end, side by side, on no background. */
export async function saveStrip(): Promise<Saved> {
  const end = result.value;
  const pictures = [...moments.value.map(({ picture }) => picture), ...(end ? [end.picture] : [])];
  const [{ width, height }] = pictures;
  const factor = Math.ceil(LEAST_WIDTH / width);
  const step = factor * width + GAP;
  const strip = new OffscreenCanvas(pictures.length * step - GAP, factor * height);
  const context = strip.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.imageSmoothingEnabled = false;
  for (const [n, picture] of pictures.entries()) {
    const one = new OffscreenCanvas(width, height);
    (one.getContext("2d") as OffscreenCanvasRenderingContext2D).putImageData(picture, 0, 0);
    context.drawImage(one, n * step, 0, factor * width, factor * height);
  }
  const times = [...moments.value.map(({ seconds }) => seconds), ...(end ? [end.seconds] : [])];
  const blob = await strip.convertToBlob({ type: "image/png" });
  return { name: "growing.png", blob, note: `v after ${times.map((time) => duration(time)).join(", ")}.` };
}
