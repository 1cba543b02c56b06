import type * as tfjs from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { UnsupportedOperatorError } from "../../src/errors.js";
import { openModel } from "../../src/network/import/open_model.js";
import type { NetworkSpec, NodeSpec } from "../../src/network/spec.js";
import {
  expectSamePredictions,
  type SavedModel,
  savedModel,
  sequential,
  tf,
  withSaved,
} from "./layers_model_fixtures.js";

const { layers } = tf;
type Json = Record<string, unknown>;

const load = (saved: SavedModel, inputShape?: number[]): Promise<NetworkSpec> =>
  withSaved(saved, (path) => openModel(path, { inputShape }));

/** A copy whose layers are changed; nested models are left alone. */
function patched(saved: SavedModel, change: (layers: Json[], topology: Json) => void): SavedModel {
  const json = structuredClone(saved.json);
  const topology = json.modelTopology as Json;
  const { config } = (topology.model_config ?? topology) as { config: { layers: Json[] } };
  change(config.layers, topology);
  return { ...saved, json };
}

const configOf = (all: Json[], className: string): Json =>
  all.find((layer) => layer.class_name === className)!.config as Json;

/** Every key in camel case, at every level. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(item),
    ]),
  );
}

/** Every attribute that has a default is set to something else. */
const MODELS: Readonly<Record<string, () => tfjs.LayersModel>> = {
  convolutions: () =>
    sequential(
      [9, 9, 3],
      [
        layers.conv2d({
          filters: 4,
          kernelSize: 3,
          dilationRate: 2,
          padding: "same",
          useBias: false,
          activation: "hardSigmoid",
        }),
        layers.depthwiseConv2d({ kernelSize: 2, strides: 2, padding: "same", depthMultiplier: 2 }),
        layers.separableConv2d({ filters: 6, kernelSize: 2, padding: "same" }),
        layers.reLU({ maxValue: 0.3 }),
        layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }),
        layers.flatten({ dataFormat: "channelsFirst" }),
        layers.dense({ units: 4, useBias: false }),
      ],
      {},
    ),
  others: () =>
    sequential(
      [6, 6, 4],
      [
        layers.batchNormalization({ epsilon: 0.1, scale: false }),
        layers.prelu({ sharedAxes: [1, 2] }),
        layers.upSampling2d({ size: [2, 1], interpolation: "bilinear" }),
        layers.averagePooling2d({ poolSize: [4, 2], strides: [2, 2] }),
        layers.reshape({ targetShape: [15, 4] }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
      {},
    ),
};

describe("keys in camel case, which TensorFlow.js takes as well", () => {
  it.each(Object.entries(MODELS))("mean what they say: %s", async (_, make) => {
    const model = make();
    const saved = await savedModel(model);
    const expected = await load(saved);
    await expectSamePredictions(expected, model);
    const layersOnly = patched(saved, (all) => {
      for (const layer of all) layer.config = camelCased(layer.config);
    });
    expect(await load(layersOnly)).toEqual(expected);
    const everything = camelCased(saved.json.modelTopology) as Json;
    expect(await load({ ...saved, json: { ...saved.json, modelTopology: everything } })).toEqual(expected);
  });

  it("yield to snake case where both are there", async () => {
    const saved = patched(await savedModel(MODELS.convolutions()), (all) => {
      configOf(all, "ReLU").maxValue = 2;
    });
    expect(clip(await load(saved))).toMatchObject({ max: 0.3 });
  });
});

const clip = ({ nodes }: NetworkSpec): NodeSpec => nodes.find(({ op }) => op === "Clip")!;

describe("settings that nobody reads", () => {
  it.each([
    ["ReLU", { maximum: 0.5 }, "maximum = 0.5"],
    ["Conv2D", { pads: [1, 1] }, "pads = "],
    ["Dense", { kernel_norm: "l2" }, "kernel_norm = "],
    ["Flatten", { order: "F" }, "order = "],
  ])("are errors, not ignored: %s %o", async (className, setting, text) => {
    const saved = patched(await savedModel(MODELS.convolutions()), (all) => {
      Object.assign(configOf(all, className), setting);
    });
    await expect(load(saved)).rejects.toThrow(UnsupportedOperatorError);
    await expect(load(saved)).rejects.toThrow(`unknown setting ${text}`);
  });

  it("are those of an activation's object, too", async () => {
    const saved = patched(await savedModel(MODELS.convolutions()), (all) => {
      configOf(all, "Conv2D").activation = { class_name: "ReLU", config: { max: 3 } };
    });
    await expect(load(saved)).rejects.toThrow(UnsupportedOperatorError);
  });

  it("may say nothing, or be of training", async () => {
    const saved = await savedModel(MODELS.convolutions());
    const more = patched(saved, (all) => {
      const extra = { lora_rank: 4, kernel_regularizer: { class_name: "L2" }, anything: null, seed: 3 };
      Object.assign(configOf(all, "Conv2D"), extra);
    });
    expect(await load(more)).toEqual(await load(saved));
  });
});

describe("the writer", () => {
  const model = () =>
    sequential(
      [4, 4, 2],
      [
        layers.conv2d({ filters: 2, kernelSize: 3, activation: "hardSigmoid" }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
      {},
    );
  const slope = ({ nodes }: NetworkSpec) =>
    (nodes.find(({ op }) => op === "HardSigmoid") as { alpha?: number } | undefined)?.alpha;

  it.each<[string, (all: Json[]) => void, number]>([
    ["nothing of Keras 3", () => {}, 0.2],
    [
      "a policy of types",
      (all) => {
        configOf(all, "Dense").dtype = { class_name: "DTypePolicy", config: { name: "float32" } };
      },
      1 / 6,
    ],
    [
      "batch_shape",
      (all) => {
        const config = { batch_shape: [null, 4, 4, 2], name: "x" };
        all[0] = { class_name: "InputLayer", config };
      },
      1 / 6,
    ],
  ])("of a file without a version is told by what it writes: %s", async (_, change, alpha) => {
    const saved = patched(await savedModel(model()), (all, topology) => {
      delete topology.keras_version;
      change(all);
    });
    expect(slope(await load(saved))).toBeCloseTo(alpha, 12);
    // A version decides.
    const version = { ...saved.json.modelTopology, keras_version: "2.15.0" };
    expect(slope(await load({ ...saved, json: { ...saved.json, modelTopology: version } }))).toBe(0.2);
  });

  it.each([
    ["tfjs-layers 4.22.0", "asymmetric"],
    ["2.15.0", "half_pixel"],
    ["3.8.0", "half_pixel"],
  ])("decides where bilinear UpSampling2D samples: %s", async (version, coordinates) => {
    const saved = patched(await savedModel(MODELS.others()), (_, topology) => {
      topology.keras_version = version;
    });
    const { nodes } = await load(saved);
    expect(nodes.find(({ op }) => op === "Resize")).toMatchObject({ mode: "linear", coordinates });
  });
});

describe("lists that are wrapped in objects", () => {
  it.each([
    ["__tuple__", { class_name: "__tuple__", items: [3, 3] }],
    ["TensorShape", { class_name: "TensorShape", items: [3, 3] }],
    ["ListWrapper", { class_name: "ListWrapper", config: [3, 3] }],
    ["__numpy__", { class_name: "__numpy__", config: { value: [3, 3], dtype: "int32" } }],
  ])("are the lists: %s", async (_, kernel) => {
    const saved = await savedModel(MODELS.convolutions());
    const wrapped = patched(saved, (all) => {
      configOf(all, "Conv2D").kernel_size = kernel;
    });
    expect(await load(wrapped)).toEqual(await load(saved));
  });
});

describe("the shape of the input", () => {
  it.each<[string, (all: Json[]) => void]>([
    ["batchInputShape", (all) => void all.splice(0, 1, inputLayer({ batchInputShape: [null, 9, 9, 3] }))],
    ["shape of an InputLayer", (all) => void all.splice(0, 1, inputLayer({ shape: [9, 9, 3] }))],
    [
      "input_shape of the first layer",
      (all) => {
        all.shift();
        (all[0].config as Json).input_shape = [9, 9, 3];
      },
    ],
  ])("may be spelt as %s", async (_, change) => {
    const saved = patched(await savedModel(MODELS.convolutions()), (all) => {
      change(all);
    });
    expect((await load(saved)).input.shape).toEqual([9, 9, 3]);
  });

  function inputLayer(config: Json): Json {
    return { class_name: "InputLayer", config: { name: "x", ...config } };
  }
});
