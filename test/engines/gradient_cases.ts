/** A network, images and every loss, for the suites of gradients. */
import type { GradientOptions } from "../../src/engines/gradient.js";
import type { Loss } from "../../src/kernels/losses/reference.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { float32Error } from "../support/float32_error.js";
import { randomValues } from "../support/random_values.js";
import { exactNetwork, imagesOf, mixedNetwork } from "./mixed_network.js";

export const C = 14;
export const N = 5;
export const network = mixedNetwork(C);
export const input = resolveInput({ range: [0, 1], mean: 0.4, std: 0.3 }, 3);
export const images = imagesOf(network, N);
export const size = sizeOf(network.input.shape);
export const random = randomValues(17);
export const shift = Float32Array.from({ length: size }, () => random.uniform(-0.3, 0.3));
export const bounds = [0.1, 0.9] as const;
export const cotangents = Float32Array.from({ length: N * C }, () => random.uniform(-2, 2));
export const clean = Float32Array.from({ length: N * C }, () => random.uniform(-2, 2));
// Neither all the predictions nor all others.
export const labels = Int32Array.from({ length: N }, (_, n) => (3 * n) % C);

export const all = Int32Array.from({ length: C }, (_, c) => c);

/** Few layers, so that the derived bound is narrow, and images that float32 can tell the linear pieces of. */
export const small = exactNetwork(C);
export const length = sizeOf(small.input.shape);
export const pixels = new Float32Array(N * length);
for (let seed = 0, n = 0; n < N; seed++) {
  const drawn = imagesOf(small, 1, seed);
  if (float32Error(small, resolveInput(undefined, 2), Float64Array.from(drawn), all).ties.length > 0)
    continue;
  pixels.set(drawn, n++ * length);
}

/** Options of every loss and the same as the kernels' reference takes it. */
export const LOSSES: readonly (readonly [string, GradientOptions, Loss])[] = [
  [
    "crossEntropy",
    { loss: "crossEntropy", labels },
    { loss: "crossEntropy", labels, targeted: false, beta: Infinity },
  ],
  [
    "crossEntropy, targeted",
    { loss: "crossEntropy", labels: [...labels], targeted: true },
    { loss: "crossEntropy", labels, targeted: true, beta: Infinity },
  ],
  ["logit", { loss: "logit", labels: Uint8Array.from(labels) }, { loss: "logit", labels, targeted: false }],
  ["logit, targeted", { loss: "logit", labels, targeted: true }, { loss: "logit", labels, targeted: true }],
  ["margin", { loss: "margin", labels }, { loss: "margin", labels, targeted: false, kappa: 10 }],
  [
    "margin, targeted",
    { loss: "margin", labels, targeted: true, kappa: Infinity },
    { loss: "margin", labels, targeted: true, kappa: Infinity },
  ],
  ["cosine", { loss: "cosine", clean }, { loss: "cosine", clean }],
  ["cotangents", { cotangents }, { loss: "cotangents", cotangents }],
];

export const image = (of: Float32Array, n: number) => of.subarray(n * size, (n + 1) * size);

/** images + shift in float32, clipped. */
export const shifted = images.map((x, i) => Math.fround(x + shift[i % size]));
export const clipped = shifted.map((x) => Math.min(Math.max(x, bounds[0]), bounds[1]));
