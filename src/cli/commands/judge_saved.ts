import { type Engine, foolingRate, sizeOf } from "../../index.js";
import type { Console } from "../console.js";

/**
 * What the model takes pictures for as they were saved.
 *
 * @param images `[N][H][W][C]`, the values that the files hold
 * @param labels predictions on the clean images, `[N]`
 */
export async function judgeSaved(
  engine: Engine,
  images: Float32Array,
  labels: Int32Array,
  console: Console,
): Promise<{ readonly labels: Int32Array; readonly fooled: number }> {
  const nothing = new Float32Array(sizeOf(engine.inputShape));
  const { newLabels } = await foolingRate(engine, images, nothing, {
    labels,
    onProgress: (done, total) => console.progress("judge the pictures", done, total),
  });
  return { labels: newLabels, fooled: countChanged(labels, newLabels) };
}

/** How many predictions are not what they were. */
export function countChanged(labels: Int32Array, newLabels: Int32Array): number {
  return labels.reduce((changed, label, n) => changed + Number(label !== newLabels[n]), 0);
}
