import { foolingRate } from "../../api/evaluate.js";
import type { FoolingRate } from "../../api/evaluating/options.js";
import { checkEngine, flag, integer, optionsObject } from "../../api/options.js";
import type { Engine } from "../../engines/engine.js";
import { InvalidArgumentError } from "../../errors.js";
import { fits, pictureShape } from "../../images/picture_shape.js";
import { type Shape, sizeOf } from "../../network/spec.js";
import { percent, plural } from "../words.js";
import { drawGrid, type Example } from "./grid.js";

/** Of a `FoolingRate`: what a picture tells. */
type Predictions = Pick<FoolingRate, "rate" | "labels" | "newLabels">;

export interface BeforeAfterOptions {
  /** The line on top. Default: how many of the images are fooled. */
  readonly title?: string;
  /** The smaller line below it. Default: none. */
  readonly subtitle?: string;
  /** Clip image + perturbation to `net.range`. Default false. */
  readonly clip?: boolean;
  /** Default: `net.classNames`, else "class 7". */
  readonly classNames?: readonly string[];
  /** `[H, W, C]` to draw an image as, for a network on vectors. Default: the network's input. */
  readonly shape?: Shape;
  /** How many images to show. Default: 6, of images of more than 128 pixels 4. */
  readonly columns?: number;
  /** What `foolingRate` said of these images and this perturbation, if it is known already. */
  readonly predictions?: Predictions;
}

/** As many columns as make a picture of 1000 to 1200 pixels. */
const SMALL = { pixels: 128, columns: 6 };
const LARGE = { columns: 4 };

/**
 * A picture of what a perturbation does: the perturbation, amplified, and in a column for each image the clean one above the
 * perturbed one, with the predictions and their confidences; those that changed are set in colour. Shown are the first
 * image of each predicted class in the order of the set, fooled or not, then the first of what is left. Needs the npm
 * package `sharp`.
 *
 * @param images `[N][H][W][C]`, values in `net.range`
 * @param perturbation `[H][W][C]`
 * @returns the bytes of a PNG file
 * @throws InvalidArgumentError for wrong shapes or options
 * @throws ImageError if sharp is not installed
 *
 * @example
 * const { writeFile } = await import("node:fs/promises");
 * await writeFile("before-after.png", await drawBeforeAfter(net, images, uap.perturbation));
 */
export async function drawBeforeAfter(
  net: Engine,
  images: Float32Array,
  perturbation: Float32Array,
  options?: BeforeAfterOptions,
): Promise<Uint8Array> {
  const caller = "drawBeforeAfter";
  const given = optionsObject(caller, options, [
    "title",
    "subtitle",
    "clip",
    "classNames",
    "shape",
    "columns",
    "predictions",
  ]);
  checkEngine(caller, net);
  const clip = flag(caller, "clip", given.clip ?? false);
  const shape = shapeOf(caller, net, given.shape);
  const most = Math.max(shape[0], shape[1]) <= SMALL.pixels ? SMALL.columns : LARGE.columns;
  const columns = integer(caller, "columns", given.columns ?? most, 1);
  const predictions = given.predictions ?? (await foolingRate(net, images, perturbation, { clip }));
  const count = predictions.labels.length;
  if (images.length !== count * sizeOf(net.inputShape))
    throw new InvalidArgumentError(
      `${caller}: predictions are of ${count} images, expected ${images.length / sizeOf(net.inputShape)}`,
    );
  const names = given.classNames ?? net.classNames;
  const name = (label: number) => names?.[label] ?? `class ${label}`;
  return drawGrid({
    title: given.title ?? `One perturbation fools ${percent(predictions.rate)} of ${plural(count, "image")}`,
    subtitle: given.subtitle ?? "",
    shape,
    range: net.range,
    perturbation,
    examples: await examplesOf(net, images, perturbation, predictions, { columns, clip, name }),
  });
}

function shapeOf(caller: string, net: Engine, shape: Shape = net.inputShape): Shape {
  if (!fits(shape, net.inputShape))
    throw new InvalidArgumentError(
      `${caller}: shape is ${shape.join("x")}, expected one of ${net.inputShape.join("x")}`,
    );
  return pictureShape(shape);
}

async function examplesOf(
  net: Engine,
  images: Float32Array,
  perturbation: Float32Array,
  { labels, newLabels }: Predictions,
  { columns, clip, name }: { columns: number; clip: boolean; name: (label: number) => string },
): Promise<Example[]> {
  const indices = [...labels.keys()];
  const isFirst = (i: number) => labels.indexOf(labels[i]) === i;
  const chosen = [...indices.filter(isFirst), ...indices.filter((i) => !isFirst(i))].slice(0, columns);

  const size = perturbation.length;
  const [low, high] = clip ? net.range : [-Infinity, Infinity];
  const examples: Example[] = [];
  for (const i of chosen) {
    const clean = images.slice(i * size, (i + 1) * size);
    const perturbed = clean.map((v, j) => Math.min(high, Math.max(low, v + perturbation[j])));
    const predict = async (image: Float32Array, label: number) => {
      const { logits } = await net.logits(image);
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
