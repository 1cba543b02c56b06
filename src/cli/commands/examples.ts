import type { Compiled, FoolingRate } from "../../index.js";
import { sizeOf } from "../../index.js";
import type { ImageSet } from "../images/image_set.js";
import { classNames } from "../inputs.js";
import type { Example } from "../picture/before_after.js";

/** As many columns as make a picture of 1000 to 1200 pixels. */
const SMALL = { pixels: 128, columns: 6 };
const LARGE = { columns: 4 };

/**
 * The images to show: the first of each predicted class in the order of the set, whether fooled or not, then
 * the first of what is left.
 */
export async function chooseExamples(
  engine: Compiled,
  set: ImageSet,
  perturbation: Float32Array,
  predictions: FoolingRate,
  clip: boolean,
): Promise<Example[]> {
  const columns = Math.max(set.shape[0], set.shape[1]) <= SMALL.pixels ? SMALL.columns : LARGE.columns;
  const { labels, newLabels } = predictions;
  const indices = [...labels.keys()];
  const isFirst = (i: number) => labels.indexOf(labels[i]) === i;
  const chosen = [...indices.filter(isFirst), ...indices.filter((i) => !isFirst(i))].slice(0, columns);

  const size = sizeOf(set.shape);
  const [low, high] = clip ? engine.range : [-Infinity, Infinity];
  const name = classNames(engine, set);
  const examples: Example[] = [];
  for (const i of chosen) {
    const clean = set.images.slice(i * size, (i + 1) * size);
    const perturbed = clean.map((v, j) => Math.min(high, Math.max(low, v + perturbation[j])));
    const predict = async (image: Float32Array, label: number) => {
      const { logits } = await engine.logits(image);
      return { name: name(label), confidence: softmax(logits)[label] };
    };
    examples.push({
      clean,
      perturbed,
      before: await predict(clean, labels[i]),
      after: await predict(perturbed, newLabels[i]),
      fooled: labels[i] !== newLabels[i],
    });
  }
  return examples;
}

function softmax(logits: Float32Array): number[] {
  const largest = logits.reduce((max, z) => Math.max(max, z), -Infinity);
  const powers = Array.from(logits, (z) => Math.exp(z - largest));
  const sum = powers.reduce((total, p) => total + p, 0);
  return powers.map((p) => p / sum);
}
