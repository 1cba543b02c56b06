import { randomSource } from "../../src/api/random.js";
import type { DeepfoolRequest, Engine, JacobianOptions } from "../../src/engines/engine.js";
import { argmax, topClasses } from "../../src/kernels/top_classes/reference.js";

/** A differentiable classifier of one image, in float64. */
export interface Classifier {
  readonly shape: readonly number[];
  readonly classes: number;
  logits(x: Float32Array): ArrayLike<number>;
  /** Gradient of logit c at x. */
  gradient(x: Float32Array, c: number): ArrayLike<number>;
}

/** Counts of what an engine was asked. */
export interface Calls {
  logits: number;
  jacobian: number;
  images: number;
  /** Batch size of each call of `logits`. */
  readonly batches: number[];
}

/** An engine for a classifier given by formulas. */
export function engineOf(
  classifier: Classifier,
  overrides: Partial<Engine> = {},
): Engine & { readonly calls: Calls } {
  const { shape, classes } = classifier;
  const size = shape.reduce((a, b) => a * b, 1);
  const calls: Calls = { logits: 0, jacobian: 0, images: 0, batches: [] };
  const evaluate = (images: Float32Array) => {
    const count = images.length / size;
    const logits = new Float32Array(count * classes);
    for (let n = 0; n < count; n++)
      logits.set(Array.from(classifier.logits(images.subarray(n * size, (n + 1) * size))), n * classes);
    return logits;
  };
  return {
    backend: "analytic",
    inputShape: shape,
    classes,
    range: [0, 1],
    calls,
    async logits(images: Float32Array) {
      calls.logits++;
      calls.images += images.length / size;
      calls.batches.push(images.length / size);
      const logits = evaluate(images);
      const count = images.length / size;
      return {
        logits,
        labels: Int32Array.from({ length: count }, (_, n) => argmax(logits, n * classes, classes)),
      };
    },
    async jacobian(images: Float32Array, options: JacobianOptions) {
      calls.jacobian++;
      const count = images.length / size;
      const logits = evaluate(images);
      const rows: Int32Array =
        typeof options.classes === "number"
          ? Int32Array.from(
              Array.from({ length: count }, (_, n) => [
                ...topClasses(logits, n * classes, classes, options.classes as number),
              ]).flat(),
            )
          : options.classes;
      const perImage = rows.length / count;
      const values = options.out ?? new Float32Array(rows.length * size);
      rows.forEach((c, row) => {
        const n = Math.floor(row / perImage);
        const x = images.subarray(n * size, (n + 1) * size);
        values.set(Array.from(classifier.gradient(x, c)), row * size);
      });
      return { values, classes: rows, logits };
    },
    dispose() {},
    [Symbol.dispose]() {},
    ...overrides,
  };
}

/** `f(x) = W x + b`; W is `[classes][size]`. */
export function affine(weights: readonly (readonly number[])[], bias: readonly number[]): Classifier {
  return {
    shape: [weights[0].length],
    classes: weights.length,
    logits: (x) => weights.map((row, c) => row.reduce((sum, w, i) => sum + w * x[i], bias[c])),
    gradient: (_, c) => weights[c],
  };
}

/** `f(x) = B tanh(A x)` with seeded weights: smooth, curved, several DeepFool steps an image. */
export function curved(size: number, classes: number, seed: number, hidden = 6): Classifier {
  const random = uniform(seed);
  const a = Array.from({ length: hidden }, () => Array.from({ length: size }, () => 3 * random()));
  const b = Array.from({ length: classes }, () => Array.from({ length: hidden }, random));
  const units = (x: Float32Array) =>
    a.map((row) => Math.tanh(row.reduce((s, w, i) => s + w * (x[i] - 0.5), 0)));
  return {
    shape: [size],
    classes,
    logits: (x) => {
      const h = units(x);
      return b.map((row) => row.reduce((s, w, j) => s + w * h[j], 0));
    },
    gradient: (x, c) => {
      const h = units(x);
      return Array.from({ length: size }, (_, i) =>
        b[c].reduce((s, w, j) => s + w * (1 - h[j] ** 2) * a[j][i], 0),
      );
    },
  };
}

/** Uniform numbers in [-1, 1). */
export function uniform(seed: number): () => number {
  const next = randomSource(seed);
  return () => next() / 2 ** 31 - 1;
}

/** N seeded images with values in [0, 1). */
export function randomImages(count: number, size: number, seed: number): Float32Array {
  const next = uniform(seed);
  return Float32Array.from({ length: count * size }, () => (next() + 1) / 2);
}

/** A request as `deepfool` would resolve it. */
export function request(overrides: Partial<DeepfoolRequest> = {}): DeepfoolRequest {
  return { norm: 2, profile: "lts4", classes: 2, steps: 50, overshoot: 0.02, trace: true, ...overrides };
}
