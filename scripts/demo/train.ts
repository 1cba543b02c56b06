/**
 * Trains the demonstration's classifier on images drawn by `photograph.ts` and writes `demo/model`. Everything is
 * seeded; the weights depend on the version of tfjs only. Environment: TRAIN_IMAGES and TRAIN_EPOCHS shorten it,
 * TRAIN_OUT writes elsewhere.
 */
import type { Tensor, Tensor1D, Variable } from "@tensorflow/tfjs";
import { SEED } from "../../src/demo/demo_set.js";
import { objectClasses } from "../../src/demo/objects/index.js";
import { labelOf, type Split } from "../../src/demo/photograph.js";
import { Random } from "../../src/demo/random.js";
import { batch, drawSet } from "./batches.js";
import { layersModel, saveLayersModel } from "./layers_model.js";
import { architecture, initialParameters, logits, type Parameters } from "./resnet.js";
import { tf, useWasm } from "./tf.js";

const IMAGES = Number(process.env.TRAIN_IMAGES ?? 12_000);
const EPOCHS = Number(process.env.TRAIN_EPOCHS ?? 9);
const OUT = process.env.TRAIN_OUT ?? "demo/model";
const BATCH = 32;
const PEAK_RATE = 0.06;
const WARM_UP_STEPS = 200;
const MOMENTUM = 0.9;
const WEIGHT_DECAY = 5e-4;
/** Weight of the past in the running statistics. */
const STATISTICS_MEMORY = 0.97;

const CLASSES = objectClasses.length;
let nextName = 0;
const net = architecture([16, 32, 64], CLASSES);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

await useWasm();
const parameters = initialParameters(net, SEED);
const started = performance.now();
await train(parameters);
report("validation", 1000, parameters);
report("holdout", 200, parameters);

await tf.setBackend("cpu"); // independent kernels: tf.layers must agree with the network trained above
const model = layersModel(net, parameters);
checkAgreement(parameters);
await saveLayersModel(model, OUT);
console.log(
  `${OUT}: ${model.countParams()} parameters, ${((performance.now() - started) / 1000).toFixed(0)} s`,
);

/** Stochastic gradient descent with Nesterov momentum, a linear warm-up and a cosine schedule. */
async function train(parameters: Parameters): Promise<void> {
  const images = drawSet("training", IMAGES);
  const random = new Random(SEED, 78);
  const steps = Math.floor(IMAGES / BATCH) * EPOCHS;
  const velocities = new Map([...parameters].map(([name, p]) => [name, new Float32Array(p.values.length)]));
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(random, IMAGES);
    let loss = 0;
    let right = 0;
    const batches = Math.floor(IMAGES / BATCH);
    for (let b = 0; b < batches; b++, step++) {
      const result = gradients(parameters, images, order.slice(b * BATCH, (b + 1) * BATCH), random);
      loss += result.loss / batches;
      right += result.right / (batches * BATCH);
      const warm = Math.min(1, (step + 1) / WARM_UP_STEPS);
      const rate = PEAK_RATE * warm * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
      for (const [name, gradient] of result.gradients)
        descend(parameters.get(name)!, velocities.get(name)!, gradient, rate);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `epoch ${epoch + 1}/${EPOCHS}: loss ${loss.toFixed(4)}, accuracy ${percent(right)}, ${seconds} s`,
    );
  }
}

interface Step {
  readonly loss: number;
  readonly right: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** Loss and gradients on one augmented batch; moves the running statistics. */
function gradients(parameters: Parameters, images: Uint8Array, indices: number[], random: Random): Step {
  tf.engine().startScope();
  try {
    const { inputs, targets } = batch(images, indices, CLASSES, random);
    const variables = new Map<string, Variable>();
    for (const [name, p] of parameters)
      if (p.trainable)
        variables.set(name, tf.variable(tf.tensor(p.values, p.shape), true, `${name}#${nextName++}`));
    let scores: Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      scores = logits(net, variables, inputs, (layer, { mean, variance }) => {
        remember(parameters, `${layer}/moving_mean`, mean);
        remember(parameters, `${layer}/moving_variance`, variance);
      });
      tf.keep(scores);
      return tf.losses.softmaxCrossEntropy(targets, scores).asScalar();
    }, [...variables.values()]);
    const result = {
      loss: value.dataSync()[0],
      right: countRight(scores!.dataSync() as Float32Array, indices),
      gradients: new Map(
        [...variables].map(([name, v]) => [name, grads[v.name].dataSync().slice() as Float32Array]),
      ),
    };
    scores!.dispose();
    for (const v of variables.values()) v.dispose();
    return result;
  } finally {
    tf.engine().endScope();
  }
}

function remember(parameters: Parameters, name: string, now: Tensor1D): void {
  const { values } = parameters.get(name)!;
  now.dataSync().forEach((value, i) => {
    values[i] = STATISTICS_MEMORY * values[i] + (1 - STATISTICS_MEMORY) * value;
  });
}

function descend(
  { values, decays }: { values: Float32Array; decays: boolean },
  velocity: Float32Array,
  gradient: Float32Array,
  rate: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i] + (decays ? WEIGHT_DECAY * values[i] : 0);
    velocity[i] = MOMENTUM * velocity[i] + g;
    values[i] -= rate * (g + MOMENTUM * velocity[i]);
  }
}

/** Prints the accuracy on the first `count` images of a stream and what is confused with what. */
function report(split: Split, count: number, parameters: Parameters): void {
  const images = drawSet(split, count);
  const confusion = new Map<string, number>();
  let right = 0;
  for (let from = 0; from < count; from += 100) {
    const indices = range(Math.min(100, count - from)).map((i) => i + from);
    const scores = evaluate(parameters, images, indices);
    right += countRight(scores, indices, (label, predicted) => {
      const pair = `${objectClasses[label].name} as ${objectClasses[predicted].name}`;
      confusion.set(pair, (confusion.get(pair) ?? 0) + 1);
    });
  }
  const worst = [...confusion].sort((a, b) => b[1] - a[1]).slice(0, 6);
  console.log(
    `${split}: ${percent(right / count)} of ${count}; ${worst.map(([pair, n]) => `${n} ${pair}`).join(", ")}`,
  );
}

function evaluate(parameters: Parameters, images: Uint8Array, indices: number[]): Float32Array {
  return tf.tidy(() => {
    const weights = new Map([...parameters].map(([name, p]) => [name, tf.tensor(p.values, p.shape)]));
    return logits(net, weights, batch(images, indices, CLASSES).inputs).dataSync() as Float32Array;
  });
}

/** @throws Error if tf.layers on the cpu backend gives other logits than the network as it was trained. */
function checkAgreement(parameters: Parameters): void {
  const images = drawSet("holdout", 4);
  const ours = evaluate(parameters, images, range(4));
  const { inputs } = batch(images, range(4), CLASSES);
  const theirs = (model.predict(inputs) as Tensor).dataSync();
  const largest = Math.max(...theirs.map(Math.abs));
  const difference = Math.max(...theirs.map((score, i) => Math.abs(score - ours[i])));
  console.log(
    `tf.layers: logits differ by ${difference.toExponential(1)} (largest logit ${largest.toFixed(1)})`,
  );
  if (!(difference < 1e-4 * largest)) throw new Error(`train: logits of tf.layers differ by ${difference}`);
}

function countRight(
  scores: Float32Array,
  indices: number[],
  wrong?: (label: number, predicted: number) => void,
): number {
  let right = 0;
  indices.forEach((index, n) => {
    const row = scores.subarray(n * CLASSES, (n + 1) * CLASSES);
    const predicted = row.indexOf(Math.max(...row));
    if (predicted === labelOf(index)) right++;
    else wrong?.(labelOf(index), predicted);
  });
  return right;
}

function shuffled(random: Random, n: number): number[] {
  const order = range(n);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
