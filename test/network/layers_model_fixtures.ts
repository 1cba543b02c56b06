import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tfjs from "@tensorflow/tfjs";
import { expect } from "vitest";
import { buildNetwork } from "../../src/network/build.js";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { answerOf, expectAnswer } from "../support/oracle.js";
import { randomValues } from "../support/random_values.js";

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
 * Checks that the imported network computes what the model predicts: TensorFlow.js rounds to float32 after every operation,
 * the reference never, so the scores differ by the bound of a float32 evaluation at most.
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

/** One image against scores that float32 arithmetic produced; wrong scores must stand out from the bound. */
function expectClose(network: Network, image: Float64Array, expected: Float32Array): void {
  const answer = answerOf(network, AS_IS, image, new Int32Array(0));
  expect(expectAnswer({ logits: expected, values: [] }, answer, "scores")).toBe("");
  const { logits, error } = answer;
  const prominent = logits.some((score, c) => Math.abs(score) > 100 * error.logits[c]);
  expect(prominent, "some score must stand out from the bound").toBe(true);
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
