import type { Engine } from "unifool";
import { sizeOf } from "./session.js";

/** Values of images that one call of the engine is handed. */
const MOST_VALUES = 2 ** 23;

/** What a network says: the class of each image, and the softmax of its logit. */
export interface Verdicts {
  readonly labels: Int32Array;
  readonly confidences: Float32Array;
}

/** The network's verdict on images `[N][H][W][C]`, a batch at a time. */
export async function judge(net: Engine, images: Float32Array): Promise<Verdicts> {
  const size = sizeOf(net.inputShape);
  const count = images.length / size;
  const labels = new Int32Array(count);
  const confidences = new Float32Array(count);
  const batch = Math.max(1, Math.min(64, Math.floor(MOST_VALUES / size)));
  for (let start = 0; start < count; start += batch) {
    const found = await net.logits(images.slice(start * size, (start + batch) * size));
    labels.set(found.labels, start);
    found.labels.forEach((label, n) => {
      const logits = found.logits.subarray(n * net.classes, (n + 1) * net.classes);
      confidences[start + n] = softmax(logits, label);
    });
  }
  return { labels, confidences };
}

/** exp(z[label]) / sum over c of exp(z[c]), where label is the largest. */
function softmax(logits: Float32Array, label: number): number {
  return 1 / logits.reduce((sum, z) => sum + Math.exp(z - logits[label]), 0);
}

/** How many are taken for a class, of how many that were not before. */
export function countReached(before: Int32Array, after: Int32Array, target: number) {
  const others = after.filter((_, n) => before[n] !== target);
  return { images: others.filter((label) => label === target).length, of: others.length };
}

export function countChanged(labels: Int32Array, others: Int32Array): number {
  return labels.reduce((sum, label, n) => sum + Number(label !== others[n]), 0);
}
