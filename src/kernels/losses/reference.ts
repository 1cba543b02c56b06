import { argmax } from "../top_classes/reference.js";

/**
 * Scalars of the logits z of one image that an attack increases, and their derivatives, the *seeds* of a backward pass:
 *
 *     loss            L                                           seed = dL/dz
 *     crossEntropy    min(CE(z, y), beta)                         softmax(z) - 1_y;   0 where CE >= beta
 *     logit           -z_y                                        -1_y
 *     margin          -max(z_y - max_{j != y} z_j, -kappa)        1_j* - 1_y;         0 where the margin <= -kappa
 *     cosine          -cos(c, z)                                  -(c / (|c| |z|) - cos z / |z|^2)
 *     cotangents      sum_j g_j z_j                               g
 *
 * and targeted, towards class t = y:
 *
 *     crossEntropy    -CE(z, t)                                   1_t - softmax(z)
 *     logit           z_t                                         1_t
 *     margin          -max(max_{j != t} z_j - z_t, -kappa)        1_t - 1_j*;         0 where the margin <= -kappa
 *
 * CE(z, y) = log sum_j exp(z_j - z_y), natural logarithm; j* is the largest of the other logits, the first of equals. For
 * universal perturbations: beta Shafahi et al. (AAAI 2020), cosine Zhang et al. (ICCV 2021), margin Carlini and Wagner (2017).
 *
 * In float64, any number of classes C (margin: 2 at least), 4 C flops and C exponentials at most. Logits may be infinite, which
 * has an order: equal ones share a softmax, a difference of equal ones is 0. Where |c| or |z| is 0 or infinite the cosine and
 * its seed are 0.
 */
export type Loss =
  | {
      readonly loss: "crossEntropy";
      /** `[N]`. */
      readonly labels: Int32Array;
      readonly targeted: boolean;
      /** Infinity: no clamp. */
      readonly beta: number;
    }
  | { readonly loss: "logit"; readonly labels: Int32Array; readonly targeted: boolean }
  | {
      readonly loss: "margin";
      readonly labels: Int32Array;
      readonly targeted: boolean;
      /** Infinity: never satisfied. */
      readonly kappa: number;
    }
  | {
      readonly loss: "cosine";
      /** c, `[N][C]`. */
      readonly clean: Float32Array;
    }
  | {
      readonly loss: "cotangents";
      /** g, `[N][C]`. */
      readonly cotangents: Float32Array;
    };

/** The same losses of images `[first, end)` alone. */
export function lossesOf(loss: Loss, classes: number, first: number, end: number): Loss {
  switch (loss.loss) {
    case "cosine":
      return { ...loss, clean: loss.clean.subarray(first * classes, end * classes) };
    case "cotangents":
      return { ...loss, cotangents: loss.cotangents.subarray(first * classes, end * classes) };
    case "crossEntropy":
    case "logit":
    case "margin":
      return { ...loss, labels: loss.labels.subarray(first, end) };
  }
}

/**
 * Writes the seed of image n to `seed`, `[C]`, and returns its loss.
 *
 * @param logits `[C]` of that image, none of them NaN
 */
export function lossAndSeed(
  loss: Loss,
  n: number,
  logits: Float32Array | Float64Array,
  seed: Float32Array | Float64Array,
): number {
  seed.fill(0);
  switch (loss.loss) {
    case "crossEntropy":
      return crossEntropy(logits, loss.labels[n], loss.targeted, loss.beta, seed);
    case "logit": {
      const sign = loss.targeted ? 1 : -1;
      seed[loss.labels[n]] = sign;
      return sign * logits[loss.labels[n]];
    }
    case "margin":
      return margin(logits, loss.labels[n], loss.targeted, loss.kappa, seed);
    case "cosine":
      return cosine(logits, loss.clean, n * logits.length, seed);
    case "cotangents": {
      let sum = 0;
      for (let c = 0; c < logits.length; c++) {
        const cotangent = loss.cotangents[n * logits.length + c];
        seed[c] = cotangent;
        // A class that does not count does not, infinite or not.
        if (cotangent !== 0) sum += cotangent * logits[c];
      }
      return sum;
    }
  }
}

/** Index of the largest logit but that of `label`, the first of equals. */
export function runnerUp(logits: ArrayLike<number>, label: number): number {
  const classes = logits.length;
  const before = argmax(logits, 0, label);
  const after = label + 1 + argmax(logits, label + 1, classes - label - 1);
  if (label === 0) return after;
  if (label === classes - 1) return before;
  return logits[after] > logits[before] ? after : before;
}

function crossEntropy(
  logits: Float32Array | Float64Array,
  label: number,
  targeted: boolean,
  beta: number,
  seed: Float32Array | Float64Array,
): number {
  const top = logits[argmax(logits)];
  let sum = 0;
  for (const z of logits) sum += Math.exp(difference(z, top));
  const entropy = Math.log(sum) - difference(logits[label], top);
  if (!targeted && entropy >= beta && beta < Infinity) return beta;
  const sign = targeted ? -1 : 1;
  // The sum that leaves y out has no cancellation where y is all but certain.
  let others = 0;
  for (let c = 0; c < logits.length; c++) {
    if (c === label) continue;
    const probability = Math.exp(difference(logits[c], top)) / sum;
    others += probability;
    seed[c] = sign * probability;
  }
  seed[label] = -sign * others;
  return sign * entropy;
}

function margin(
  logits: Float32Array | Float64Array,
  label: number,
  targeted: boolean,
  kappa: number,
  seed: Float32Array | Float64Array,
): number {
  const other = runnerUp(logits, label);
  const sign = targeted ? -1 : 1;
  const value = sign * difference(logits[label], logits[other]);
  if (value <= -kappa) return kappa;
  seed[label] = -sign;
  seed[other] = sign;
  return -value;
}

function cosine(
  logits: Float32Array | Float64Array,
  clean: Float32Array,
  at: number,
  seed: Float32Array | Float64Array,
): number {
  let [dot, cc, zz] = [0, 0, 0];
  for (let c = 0; c < logits.length; c++) {
    dot += clean[at + c] * logits[c];
    cc += clean[at + c] ** 2;
    zz += logits[c] ** 2;
  }
  if (!(cc > 0 && zz > 0 && Number.isFinite(cc) && Number.isFinite(zz))) return 0;
  const scale = 1 / Math.sqrt(cc * zz);
  for (let c = 0; c < logits.length; c++)
    seed[c] = -(clean[at + c] * scale - ((dot * scale) / zz) * logits[c]);
  return -dot * scale;
}

/** a - b; equal infinities differ by 0. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
