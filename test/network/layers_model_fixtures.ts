import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tfjs from "@tensorflow/tfjs";
import { expect } from "vitest";
import { forward64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { roundingBound } from "./rounding_bound.js";

/** CommonJS: the ES module build would be a second copy, without kernels. */
export const tf: typeof tfjs = createRequire(import.meta.url)("@tensorflow/tfjs");

/** No range, mean or std: the network's own input. */
const AS_IS = { range: [0, 1], scale: [1], offset: [0] } as const;

/** A Sequential of the given layers, all weights random, so that none can be lost or swapped unseen. */
export function sequential(
  inputShape: number[],
  layers: tfjs.layers.Layer[],
  options: { seed?: number; name?: string } = {},
): tfjs.Sequential {
  const model = tf.sequential({
    name: options.name,
    layers: [tf.layers.inputLayer({ inputShape }), ...layers],
  });
  randomizeWeights(model, options.seed ?? 1);
  return model;
}

/** Uniform in [-1, 1); variances in [0.5, 1.5). */
export function randomizeWeights(model: tfjs.LayersModel, seed: number): void {
  const random = randomValues(seed);
  const weights = model.weights.map(({ originalName, shape }) => {
    const [low, high] = originalName.endsWith("variance") ? [0.5, 1.5] : [-1, 1];
    const sizes = shape as number[];
    return tf.tensor(
      Array.from({ length: sizeOf(sizes) }, () => random.uniform(low, high)),
      sizes,
    );
  });
  model.setWeights(weights);
}

/** Pixels in [-2, 2), so that every activation is used on both sides of its kinks. */
export function randomImages(count: number, shape: readonly number[], seed = 7): Float32Array {
  const random = randomValues(seed);
  return Float32Array.from({ length: count * sizeOf(shape) }, () => random.uniform(-2, 2));
}

/**
 * Checks that the imported network computes what the model predicts.
 *
 * The bound: TensorFlow.js rounds to float32 (u = 2^-24) after every operation, the reference never. A sum of n
 * products is off by at most (n + 1) u times the sum of their sizes, an element-wise function by 8 u times (1 + its
 * size): its erf is only good to 1.5e-7, which is 2.5 u. Layers add up, and the sizes are those of the network
 * with absolute weights on the absolute image.
 */
export async function expectSamePredictions(
  spec: NetworkSpec,
  model: { predict(images: tfjs.Tensor): tfjs.Tensor | tfjs.Tensor[] },
  count = 2,
): Promise<void> {
  const network = buildNetwork(spec);
  const { shape } = network.input;
  const images = randomImages(count, shape);
  const prediction = model.predict(tf.tensor(images, [count, ...shape])) as tfjs.Tensor;
  const expected = (await prediction.data()) as Float32Array;
  expect(expected.length, "number of scores").toBe(count * network.classes);
  const size = sizeOf(shape);
  for (let n = 0; n < count; n++) {
    const image = Float64Array.from(images.subarray(n * size, (n + 1) * size));
    const row = expected.subarray(n * network.classes, (n + 1) * network.classes);
    expectClose(network, image, row);
  }
}

/** One image against scores that float32 arithmetic produced; see {@link expectSamePredictions}. */
function expectClose(network: Network, image: Float64Array, expected: Float32Array): void {
  const scores = forward64(network, AS_IS, image).get(network.output)!;
  const { magnitude } = roundingBound(network);
  const sizes = forward64(magnitude, AS_IS, image.map(Math.abs)).get(magnitude.output)!;
  const unit = 2 ** -24 * roundings(network);
  let largest = 0;
  for (let c = 0; c < expected.length; c++) {
    const bound = unit * (1 + sizes[c]);
    expect(Math.abs(scores[c] - expected[c]), `score ${c}: ${scores[c]} and ${expected[c]}`).toBeLessThan(
      bound,
    );
    largest = Math.max(largest, Math.abs(expected[c]) / bound);
  }
  expect(largest, "the scores must stand out from the bound").toBeGreaterThan(100);
}

/** Roundings on the way from the image to a score: one per product summed, eight per element-wise function. */
function roundings(network: Network): number {
  return network.nodes.reduce((sum, node) => {
    const inputSize = node.inputShapes[0] ? sizeOf(node.inputShapes[0]) : 0;
    switch (node.op) {
      case "Conv":
        return sum + sizeOf(node.kernel) * (node.inputShapes[0][2] / node.groups) + 2;
      case "Gemm":
        return sum + node.weights.length / node.units + 2;
      case "AveragePool":
        return sum + sizeOf(node.kernel) + 1;
      case "GlobalAveragePool":
        return sum + inputSize / node.shape[0] + 1;
      default:
        return sum + 8;
    }
  }, 0);
}

/** A model as it lies in a `model.json` and its weights. */
export interface SavedModel {
  json: {
    format?: string;
    modelTopology: Record<string, unknown>;
    weightsManifest: { paths: string[]; weights: SavedWeight[] }[];
    [key: string]: unknown;
  };
  bytes: Uint8Array;
}

export interface SavedWeight {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: Record<string, unknown>;
  group?: string;
}

/** What `model.save` writes. */
export async function savedModel(model: tfjs.LayersModel): Promise<SavedModel> {
  let saved: SavedModel | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { modelTopology, weightSpecs, weightData, format, generatedBy, convertedBy } = artifacts;
      const data = Array.isArray(weightData) ? tf.io.concatenateArrayBuffers(weightData) : weightData!;
      // As text and back, which is how it reaches a file.
      const json = JSON.parse(
        JSON.stringify({
          modelTopology,
          format,
          generatedBy,
          convertedBy,
          weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
        }),
      );
      saved = { json, bytes: new Uint8Array(data) };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  return saved!;
}

/** Runs `use` in a temporary folder with the given files, then removes it. */
export async function withFiles<T>(
  files: Record<string, string | Uint8Array>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "layers-model-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs `use` on the path of a `model.json` with `weights.bin` beside it. */
export function withSaved<T>({ json, bytes }: SavedModel, use: (path: string) => Promise<T>): Promise<T> {
  return withFiles({ "model.json": JSON.stringify(json), "weights.bin": bytes }, (folder) =>
    use(join(folder, "model.json")),
  );
}
