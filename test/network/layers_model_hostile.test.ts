import type * as tfjs from "@tensorflow/tfjs";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ModelError } from "../../src/errors.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { mutations, seedOf, timed } from "../support/mutations.js";
import { savedModel, sequential, tf, withSaved } from "./layers_model_fixtures.js";

const { layers } = tf;

/** A model with a layer of every kind, two of them shared, one of them a model. */
function everyLayer(): tfjs.LayersModel {
  type Tensor = tfjs.SymbolicTensor;
  const input = tf.input({ shape: [9, 8, 3], name: "image" });
  const chain = [
    layers.zeroPadding2d({
      padding: [
        [1, 0],
        [0, 1],
      ] as unknown as [[number, number], [number, number]],
    }),
    layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", strides: 2, activation: "relu" }),
    layers.batchNormalization(),
    layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, padding: "same" }),
    layers.separableConv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "elu" }),
    layers.prelu({ sharedAxes: [1, 2] }),
    layers.leakyReLU({ alpha: 0.2 }),
    layers.upSampling2d({ size: [2, 2] }),
    layers.cropping2D({ cropping: 1 as unknown as [number, number] }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }),
    layers.rescaling({ scale: 2, offset: 1 }),
    layers.permute({ dims: [2, 1, 3] }),
    layers.dropout({ rate: 0.2 }),
  ];
  let x = input as Tensor;
  for (const layer of chain) x = layer.apply(x) as Tensor;
  const shared = layers.dense({ units: 4 });
  const both = layers.concatenate({ axis: 3 }).apply([shared.apply(x) as Tensor, shared.apply(x) as Tensor]);
  const sum = layers.average().apply([both as Tensor, both as Tensor]) as Tensor;
  const flat = layers.reshape({ targetShape: [-1 as number, 8] }).apply(sum) as Tensor;
  const rows = flat.shape[1] ?? 16;
  const vector = layers.reshape({ targetShape: [rows * 8] }).apply(flat) as Tensor;
  const head = sequential([rows * 8], [layers.dense({ units: 5 }), layers.softmax()], { name: "head" });
  return tf.model({ inputs: input, outputs: head.apply(vector) as Tensor });
}

/** Every place in a JSON value, as the list of keys that leads there. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

function replaced(json: unknown, path: readonly string[], junk: unknown): unknown {
  const copy = structuredClone(json);
  let parent = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  if (junk === undefined) Reflect.deleteProperty(parent, path[path.length - 1]);
  else parent[path[path.length - 1]] = junk;
  return copy;
}

it("a model.json damaged anywhere loads, or ends in a one-line ModelError", async () => {
  const { json, bytes } = await savedModel(everyLayer());
  buildNetwork(await withSaved({ json, bytes }, (path) => openModel(path)));
  const everywhere = places(json).filter((path) => path.length > 0);
  const junk = fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -1,
    1,
    2,
    0.5,
    1e9,
    2 ** 53,
    "",
    "same",
    "a\nb",
    "__proto__",
    true,
    [],
    [1],
    [null],
    [[]],
    [[[]]],
    {},
    { class_name: "Dense", config: {} },
    { class_name: "Sequential", config: [] },
  );
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...everywhere), junk, async (path, value) => {
      const damaged = { json: replaced(json, path, value) as typeof json, bytes };
      const error = await timed("a LayersModel", () =>
        withSaved(damaged, (file) => openModel(file))
          .then(buildNetwork)
          .then(
            () => undefined,
            (e: unknown) => e,
          ),
      );
      if (error === undefined) return;
      failures++;
      expect(error).toBeInstanceOf(ModelError);
      expect((error as ModelError).message).not.toContain("\n");
      expect((error as ModelError).message.length).toBeLessThan(600);
    }),
    { numRuns: mutations(500), seed: seedOf(21) },
  );
  expect(failures).toBeGreaterThan(50);
});
