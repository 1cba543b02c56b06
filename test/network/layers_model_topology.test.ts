import type * as tfjs from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { InvalidArgumentError, ModelError, UnsupportedOperatorError } from "../../src/errors.js";
import { isLiveLayersModel, type LiveLayersModel } from "../../src/network/import/layers_model/is_live.js";
import { openModel } from "../../src/network/import/open_model.js";
import type { Conv, NodeSpec } from "../../src/network/spec.js";
import {
  expectSamePredictions,
  randomizeWeights,
  type SavedModel,
  savedModel,
  sequential,
  tf,
  withFiles,
  withSaved,
} from "./layers_model_fixtures.js";

const { layers } = tf;
type Tensor = tfjs.SymbolicTensor;

function functional(inputs: Tensor | Tensor[], outputs: Tensor | Tensor[], name?: string): tfjs.LayersModel {
  const model = tf.model({ inputs, outputs, name });
  randomizeWeights(model, 3);
  return model;
}

/** Imports live and from files, compares both with `model.predict`. */
async function expectImported(model: tfjs.LayersModel): Promise<readonly NodeSpec[]> {
  const live = await openModel(model);
  await expectSamePredictions(live, model);
  expect(await withSaved(await savedModel(model), (path) => openModel(path))).toEqual(live);
  return live.nodes;
}

const load = (saved: SavedModel, inputShape?: number[]) =>
  withSaved(saved, (path) => openModel(path, { inputShape }));

const convNet = (inputShape: (number | null)[] = [6, 6, 2]) =>
  sequential(
    inputShape as number[],
    [
      layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu", name: "conv" }),
      layers.globalAveragePooling2d({ name: "pool" }),
      layers.dense({ units: 4, name: "scores" }),
    ],
    { name: "net" },
  );

describe("functional models", () => {
  it("with a residual branch", async () => {
    const input = tf.input({ shape: [6, 6, 2] });
    const conv = layers.conv2d({ filters: 2, kernelSize: 3, padding: "same" }).apply(input) as Tensor;
    const sum = layers.add().apply([input, conv]) as Tensor;
    const nodes = await expectImported(functional(input, layers.flatten().apply(sum) as Tensor));
    expect(nodes.map((node) => node.op)).toEqual(["Conv", "Add", "Flatten"]);
  });

  it("with a layer that is called twice: one set of weights", async () => {
    const input = tf.input({ shape: [6, 6, 2] });
    const shared = layers.conv2d({ filters: 2, kernelSize: 3, padding: "same", name: "shared" });
    const twice = shared.apply(layers.reLU().apply(shared.apply(input) as Tensor) as Tensor) as Tensor;
    const nodes = await expectImported(functional(input, layers.flatten().apply(twice) as Tensor));
    const convs = nodes.filter((node): node is NodeSpec<Conv> => node.op === "Conv");
    expect(convs.map((node) => node.name)).toEqual(["shared", "shared_1"]);
    expect(convs[0].weights).toBe(convs[1].weights);
  });

  it("whose layers call each other in turn: A(B(A(B(x))))", async () => {
    const input = tf.input({ shape: [5] });
    const a = layers.dense({ units: 5, activation: "tanh" });
    const b = layers.dense({ units: 5, activation: "relu" });
    const output = a.apply(b.apply(a.apply(b.apply(input) as Tensor) as Tensor) as Tensor) as Tensor;
    await expectImported(functional(input, output));
  });

  it("listed in any order", async () => {
    const input = tf.input({ shape: [5] });
    const x = layers.dense({ units: 5 }).apply(input) as Tensor;
    const y = layers.dense({ units: 3 }).apply(layers.reLU().apply(x) as Tensor) as Tensor;
    const model = functional(input, y);
    const saved = await savedModel(model);
    (saved.json.modelTopology.config as { layers: unknown[] }).layers.reverse();
    await expectSamePredictions(await load(saved), model);
  });
});

describe("nested models", () => {
  const inner = (name: string, units: number) =>
    sequential(
      [6],
      [
        layers.dense({ units, activation: "relu", name: `${name}_a` }),
        layers.dense({ units: 6, name: `${name}_b` }),
      ],
      { name },
    );

  it("functional in functional, called once", async () => {
    const insideInput = tf.input({ shape: [6] });
    const inside = functional(
      insideInput,
      layers.dense({ units: 4, name: "inside" }).apply(insideInput) as Tensor,
      "inner",
    );
    const input = tf.input({ shape: [6] });
    const nodes = await expectImported(
      functional(input, layers.dense({ units: 3 }).apply(inside.apply(input) as Tensor) as Tensor),
    );
    expect(nodes[0].name).toBe("inner/inside");
  });

  it("sequential in functional, called twice: one set of weights", async () => {
    const input = tf.input({ shape: [6] });
    const shared = inner("shared", 4);
    const output = shared.apply(layers.reLU().apply(shared.apply(input) as Tensor) as Tensor) as Tensor;
    const nodes = await expectImported(functional(input, output));
    expect(nodes.filter((node) => node.op === "Gemm")).toHaveLength(4);
    const weights = nodes.flatMap((node) => (node.op === "Gemm" ? [node.weights] : []));
    expect(new Set(weights).size).toBe(2);
  });

  it("sequential in sequential in sequential", async () => {
    const middle = tf.sequential({ name: "middle", layers: [inner("first", 5), inner("second", 3)] });
    const model = tf.sequential({ name: "outer" });
    model.add(middle);
    model.add(layers.dense({ units: 2 }));
    randomizeWeights(model, 5);
    await expectImported(model);
  });

  it("with two inputs inside", async () => {
    const a = tf.input({ shape: [6] });
    const b = tf.input({ shape: [6] });
    const both = layers.concatenate().apply([layers.dense({ units: 3 }).apply(a) as Tensor, b]) as Tensor;
    const inside = tf.model({ inputs: [a, b], outputs: both });
    const input = tf.input({ shape: [6] });
    const squashed = layers.activation({ activation: "tanh" }).apply(input) as Tensor;
    await expectImported(functional(input, inside.apply([input, squashed]) as Tensor));
  });

  it("with layers of the same name", async () => {
    const input = tf.input({ shape: [6] });
    const block = (name: string) =>
      sequential([6], [layers.dense({ units: 6, name: "dense", activation: "tanh" })], { name });
    const model = functional(input, block("two").apply(block("one").apply(input) as Tensor) as Tensor);
    await expectSamePredictions(await openModel(model), model);
    const saved = await savedModel(model);
    // Two weights of one name: their order says which is whose.
    expect(await load(saved)).toEqual(await openModel(model));
    // As converters write them: scoped by the nested model's name.
    const { weights } = saved.json.weightsManifest[0];
    weights.forEach((weight, i) => {
      weight.name = `${i < 2 ? "one" : "two"}/${weight.name}`;
    });
    await expectSamePredictions(await load(saved), model);
  });

  it("refuses models that unfold without end", async () => {
    let model: Record<string, unknown> = layerOf("Dense", "d", { units: 1, use_bias: false });
    for (let depth = 0; depth < 30; depth++)
      model = {
        class_name: "Functional",
        name: `m${depth}`,
        config: {
          name: `m${depth}`,
          layers: [
            layerOf("InputLayer", "x", { batch_input_shape: [null, 1] }),
            { ...model, inbound_nodes: [[["x", 0, 0]], [[model.name, depth === 0 ? 0 : 1, 0]]] },
          ],
          input_layers: [["x", 0, 0]],
          output_layers: [[model.name, depth === 0 ? 1 : 2, 0]],
        },
      };
    const weights = [{ name: "d/kernel", shape: [1, 1], dtype: "float32" }];
    const json = { modelTopology: model, weightsManifest: [{ paths: ["weights.bin"], weights }] };
    await expect(load({ json, bytes: new Uint8Array(4) })).rejects.toThrow(/unfolds to more than/);
  });
});

function layerOf(className: string, name: string, config: Record<string, unknown>): Record<string, unknown> {
  return { class_name: className, name, config: { name, ...config } };
}

describe("as converters write it", () => {
  const wrapped = async (): Promise<SavedModel> => {
    const { json, bytes } = await savedModel(convNet());
    const modelTopology = {
      keras_version: "2.10.0",
      backend: "tensorflow",
      model_config: json.modelTopology,
      training_config: { loss: "mse" },
    };
    return { json: { ...json, modelTopology }, bytes };
  };

  it("in a model_config wrapper", async () => {
    await expectSamePredictions(await load(await wrapped()), convNet());
  });

  for (const rename of [
    (name: string) => `net/${name}`,
    (name: string) => `some/scope/${name}`,
    (name: string) => name.replace("/", "/cell/"),
    (name: string) => `_layer_checkpoint_dependencies/${name.replace("/", "/vars/")}`,
  ])
    it(`with weights named ${rename("conv/kernel")}`, async () => {
      const saved = await wrapped();
      for (const weight of saved.json.weightsManifest[0].weights) weight.name = rename(weight.name);
      await expectSamePredictions(await load(saved), convNet());
    });

  it("with weights named by number, as Keras 3 does", async () => {
    const saved = await wrapped();
    for (const weight of saved.json.weightsManifest[0].weights)
      weight.name = weight.name.replace("kernel", "0").replace("bias", "1");
    await expectSamePredictions(await load(saved), convNet());
  });

  it("a Sequential that is a bare list", async () => {
    const saved = await savedModel(convNet());
    const { modelTopology } = saved.json;
    modelTopology.config = (modelTopology.config as { layers: unknown[] }).layers;
    await expectSamePredictions(await load(saved), convNet());
  });

  it("a Sequential without input layer, its shape on the first layer or on the model", async () => {
    for (const onModel of [false, true]) {
      const saved = await savedModel(convNet());
      const config = saved.json.modelTopology.config as {
        layers: { config: Record<string, unknown> }[];
        build_input_shape?: unknown;
      };
      config.layers.shift();
      if (onModel) config.build_input_shape = [null, 6, 6, 2];
      else config.layers[0].config.batch_input_shape = [null, 6, 6, 2];
      await expectSamePredictions(await load(saved), convNet());
    }
  });

  it("Keras 3: batch_shape, keras_history, modules, flat references", async () => {
    const tensor = (layer: string) => ({
      class_name: "__keras_tensor__",
      config: { shape: [null, 6], dtype: "float32", keras_history: [layer, 0, 0] },
    });
    const call = (...names: string[]) => [
      { args: [names.length === 1 ? tensor(names[0]) : names.map(tensor)], kwargs: {} },
    ];
    const entry = (className: string, name: string, config: object, inbound: unknown[]) => ({
      module: "keras.layers",
      class_name: className,
      config: { name, dtype: { class_name: "DTypePolicy", config: { name: "float32" } }, ...config },
      registered_name: null,
      name,
      inbound_nodes: inbound,
    });
    const input = tf.input({ shape: [6], name: "x" });
    const left = layers.dense({ units: 3, activation: "relu", name: "left" }).apply(input) as Tensor;
    const right = layers.dense({ units: 3, name: "right" }).apply(input) as Tensor;
    const model = functional(input, layers.add({ name: "sum" }).apply([left, right]) as Tensor);
    const saved = await savedModel(model);
    const relu = { module: "builtins", class_name: "function", config: "relu", registered_name: "function" };
    saved.json.modelTopology = {
      keras_version: "3.4.1",
      model_config: {
        class_name: "Functional",
        config: {
          name: "functional",
          layers: [
            entry("InputLayer", "x", { batch_shape: [null, 6] }, []),
            entry("Dense", "left", { units: 3, activation: relu }, call("x")),
            entry("Dense", "right", { units: 3, activation: "linear" }, call("x")),
            entry("Add", "sum", {}, call("left", "right")),
          ],
          input_layers: ["x", 0, 0],
          output_layers: ["sum", 0, 0],
        },
      },
    };
    await expectSamePredictions(await load(saved), model);
  });

  it("with layers and options that TensorFlow.js lacks", async () => {
    const model = {
      keras_version: "2.11.0",
      class_name: "Functional",
      config: {
        name: "keras",
        layers: [
          layerOf("InputLayer", "x", { batch_input_shape: [null, 6, 6, 4] }),
          chained("Conv2D", "grouped", "x", { filters: 6, kernel_size: [3, 3], groups: 2, use_bias: false }),
          chained("DepthwiseConv2D", "dilated", "grouped", {
            kernel_size: [2, 2],
            dilation_rate: [2, 2],
            use_bias: false,
            activation: { class_name: "LeakyReLU", config: { alpha: 0.25 } },
          }),
          chained("ReLU", "slope", "dilated", { max_value: null, negative_slope: 0.5, threshold: 0 }),
          chained("ReLU", "cut", "slope", { max_value: null, negative_slope: 0, threshold: 0.25 }),
          {
            ...chained("Subtract", "difference", "cut"),
            inbound_nodes: [
              [
                ["cut", 0, 0],
                ["slope", 0, 0],
              ],
            ],
          },
          chained("SpatialDropout2D", "drop", "difference", { rate: 0.5 }),
          chained("GlobalMaxPooling2D", "pool", "drop", { keepdims: true }),
          chained("Flatten", "flat", "pool"),
        ],
        input_layers: [["x", 0, 0]],
        output_layers: [["flat", 0, 0]],
      },
    };
    const weights = [
      { name: "grouped/kernel", shape: [3, 3, 2, 6], dtype: "float32" },
      { name: "dilated/depthwise_kernel", shape: [2, 2, 6, 1], dtype: "float32" },
    ];
    const json = { modelTopology: model, weightsManifest: [{ paths: ["weights.bin"], weights }] };
    const { nodes } = await load({ json, bytes: new Uint8Array(4 * (108 + 24)) });
    expect(nodes).toMatchObject([
      { op: "Conv", name: "grouped", groups: 2, filters: 6, pads: [0, 0, 0, 0] },
      { op: "Conv", name: "dilated", groups: 6, dilations: [2, 2] },
      { op: "LeakyRelu", alpha: 0.25, inputs: ["dilated"] },
      { op: "LeakyRelu", name: "slope", alpha: 0.5 },
      { op: "ThresholdedRelu", name: "cut", alpha: 0.25 },
      { op: "Sub", inputs: ["cut", "slope"] },
      { op: "Identity", name: "drop" },
      { op: "GlobalMaxPool", name: "pool" },
      { op: "Reshape", shape: [1, 1, 6] },
      { op: "Flatten" },
    ]);
  });
});

function chained(className: string, name: string, from: string, config: Record<string, unknown> = {}) {
  return { ...layerOf(className, name, config), inbound_nodes: [[[from, 0, 0, {}]]] };
}

describe("input shape", () => {
  it("of rank 2 and 1", async () => {
    const image = sequential([28, 28], [layers.flatten(), layers.dense({ units: 3 })]);
    expect((await openModel(image)).input.shape).toEqual([28, 28]);
    const vector = sequential([784], [layers.dense({ units: 3 })]);
    expect((await openModel(vector)).input.shape).toEqual([784]);
  });

  it("left open: asks for inputShape, and takes it", async () => {
    const model = convNet([null, null, 2]);
    await expect(openModel(model)).rejects.toThrow(/has shape \[null,null,2\]; pass inputShape/);
    const spec = await openModel(model, { inputShape: [7, 5, 2] });
    expect(spec.input.shape).toEqual([7, 5, 2]);
    await expectSamePredictions(spec, model);
  });

  for (const inputShape of [[7, 5, 3], [7, 5], [], [7.5, 5, 2], [-1, 5, 2]])
    it(`refuses [${inputShape}]`, async () => {
      const promise = openModel(convNet([null, null, 2]), { inputShape });
      await expect(promise).rejects.toThrow(InvalidArgumentError);
      await expect(promise).rejects.toThrow(/inputShape is .* expected/);
    });
});

describe("class names", () => {
  it("from the metadata of the model, where there are as many as scores", async () => {
    const classNames = ["ant", "bee", "cat", "dog"];
    const model = convNet();
    model.setUserDefinedMetadata({ labels: classNames });
    expect((await openModel(model)).classNames).toEqual(classNames);
    const saved = await savedModel(model);
    saved.json.userDefinedMetadata = { classNames };
    expect((await load(saved)).classNames).toEqual(classNames);
    saved.json.userDefinedMetadata = { classNames: ["ant"] };
    expect((await load(saved)).classNames).toBeUndefined();
  });
});

describe("live models", () => {
  it("are told from other things", () => {
    const model: LiveLayersModel = convNet();
    expect(isLiveLayersModel(model)).toBe(true);
    for (const other of [null, undefined, "model.json", {}, { toJSON() {} }, { layers: [], weights: [] }])
      expect(isLiveLayersModel(other)).toBe(false);
  });
  it("may not be anything else", async () => {
    const promise = openModel({} as LiveLayersModel);
    await expect(promise).rejects.toThrow(InvalidArgumentError);
  });
  it("that are disposed: an error", async () => {
    const model = convNet();
    model.dispose();
    await expect(openModel(model)).rejects.toThrow(ModelError);
  });
  it("with weights that are not finite: an error that names the weight", async () => {
    const model = convNet();
    model.getLayer("scores").setWeights([tf.fill([3, 4], Number.NaN), tf.zeros([4])]);
    await expect(openModel(model)).rejects.toThrow(/live model net: weight "scores\/kernel" is NaN/);
  });
  it("keep their weights apart from the network's", async () => {
    const model = convNet();
    const before = structuredClone(await openModel(model));
    const after = await openModel(model);
    randomizeWeights(model, 99);
    expect(after).toEqual(before);
  });
});

/** A functional model's config as `model.json` has it, open to damage. */
interface RawConfig {
  layers: {
    class_name?: string;
    name?: string;
    config: Record<string, unknown>;
    inbound_nodes: [string, number, number, object?][][];
  }[];
  input_layers: [string, number, number][];
  output_layers: [string, number, number][];
}

describe("inconsistent models", () => {
  const broken = async (change: (config: RawConfig, saved: SavedModel) => void) => {
    const input = tf.input({ shape: [6, 6, 2], name: "image" });
    const conv = layers.conv2d({ filters: 3, kernelSize: 3, name: "conv" }).apply(input) as Tensor;
    const flat = layers.flatten({ name: "flat" }).apply(conv) as Tensor;
    const saved = await savedModel(
      functional(input, layers.dense({ units: 4, name: "scores" }).apply(flat) as Tensor),
    );
    change(saved.json.modelTopology.config as RawConfig, saved);
    const error = await load(saved).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ModelError);
    const { message } = error as ModelError;
    expect(message).not.toContain("\n");
    return message;
  };

  it("two inputs, two outputs", async () => {
    expect(await broken((c) => c.input_layers.push(["flat", 0, 0]))).toMatch(
      /model\.json: the model has 2 inputs \("image", "flat"\), expected one/,
    );
    expect(await broken((c) => c.output_layers.push(["flat", 0, 0]))).toMatch(
      /the model has 2 outputs \("scores", "flat"\), expected one/,
    );
    expect(await broken((c) => c.output_layers.splice(0))).toMatch(/0 outputs/);
  });
  it("a missing weight", async () => {
    expect(
      await broken((_, s) => {
        const [kernel] = s.json.weightsManifest[0].weights;
        Object.assign(kernel, { name: "cnov/kernel", shape: [3, 3, 3, 2] });
      }),
    ).toMatch(/layer "conv" \(Conv2D\) needs the weight "conv\/kernel", which the model does not have/);
  });
  it("a weight too many", async () => {
    expect(
      await broken((_, s) => {
        s.json.weightsManifest[0].weights.push({ name: "spare/kernel", shape: [0], dtype: "float32" });
      }),
    ).toMatch(
      /weight "spare\/kernel" belongs to no layer of the model; pass output, the name of its last layer/,
    );
  });
  it("weights of an optimizer, of metrics and of random layers are nobody's", async () => {
    const saved = await savedModel(convNet());
    const { weights } = saved.json.weightsManifest[0];
    for (const name of [
      "iterations",
      "training/Adam/conv/kernel/m",
      "Adam/dense/bias/v",
      "optimizer/iter",
      "total",
    ])
      weights.push({ name, shape: [0], dtype: "float32" });
    expect((await load(saved)).nodes).toHaveLength(4);
  });
  it.each([
    ["numbered by the session", (name: string) => name.replace("/", "_1/")],
    ["with the output of their variable", (name: string) => `${name}:0`],
    ["after operations that read them", (_: string, i: number) => `ReadVariableOp_${3528 + i}`],
    ["by their last part", (name: string) => name.slice(name.indexOf("/") + 1)],
  ])("weights named %s", async (_, rename) => {
    const model = convNet();
    const saved = await savedModel(model);
    saved.json.weightsManifest[0].weights.forEach((weight, i) => {
      weight.name = rename(weight.name, i);
    });
    expect(await load(saved)).toEqual(await openModel(model));
  });
  it("a weight of another shape", async () => {
    expect(
      await broken((_, s) => {
        s.json.weightsManifest[0].weights[0].shape = [3, 3, 3, 2];
      }),
    ).toMatch(/layer "conv" \(Conv2D\): weight "conv\/kernel" has shape 3x3x3x2, expected 3x3x2x3/);
  });
  it("references to nowhere, and in a circle", async () => {
    expect(await broken((c) => (c.layers[1].inbound_nodes[0][0][0] = "nowhere"))).toMatch(
      /layer "conv" reads output 0 of call 0 of layer "nowhere", which does not exist/,
    );
    expect(await broken((c) => (c.layers[1].inbound_nodes[0][0][1] = 3))).toMatch(/call 3 of layer "image"/);
    expect(await broken((c) => (c.layers[1].inbound_nodes[0][0][2] = 1))).toMatch(/output 1/);
    expect(await broken((c) => (c.output_layers[0][0] = "nowhere"))).toMatch(/the output of .* "nowhere"/);
    expect(await broken((c) => (c.input_layers[0][0] = "nowhere"))).toMatch(/"nowhere" is no layer/);
    expect(await broken((c) => (c.layers[1].inbound_nodes[0][0][0] = "scores"))).toMatch(/form a cycle/);
  });
  it("two layers of one name", async () => {
    expect(await broken((c) => (c.layers[2].name = "conv"))).toMatch(/two layers are called "conv"/);
  });
  it("settings that are no such thing", async () => {
    const conv = (config: object) => broken((c) => Object.assign(c.layers[1].config, config));
    expect(await conv({ strides: [0, 1] })).toMatch(/"conv" \(Conv2D\): strides is 0, expected an integer/);
    expect(await conv({ strides: [1, 1, 1] })).toMatch(/strides is \[1,1,1\]/);
    expect(await conv({ kernel_size: "3" })).toMatch(/kernel_size is "3"/);
    expect(await conv({ kernel_size: [9, 9] })).toMatch(/window of 9x9 is larger than its input of 6x6/);
    expect(await conv({ filters: 1e300 })).toMatch(/filters is 1e\+300/);
    expect(await conv({ filters: null })).toMatch(/filters is undefined/);
    expect(await conv({ groups: 5 })).toMatch(/groups is 5/);
    expect(await conv({ use_bias: "yes" })).toMatch(/use_bias is "yes"/);
    expect(await conv({ padding: "causal" })).toMatch(/uses Conv2D \(padding "causal"\)/);
    expect(await conv({ activation: "mystery" })).toMatch(/uses Conv2D \(activation "mystery"\)/);
  });
  it("layers without class, without name, or none at all", async () => {
    expect(await broken((c) => delete c.layers[1].class_name)).toMatch(/a layer has no class_name/);
    expect(
      await broken((c) => {
        delete c.layers[1].name;
        delete c.layers[1].config.name;
      }),
    ).toMatch(/no name/);
    expect(await broken((c) => Reflect.deleteProperty(c, "layers"))).toMatch(/has no list of layers/);
    expect(await broken((c) => Object.assign(c.layers[1], { inbound_nodes: 7 }))).toMatch(/inbound_nodes 7/);
  });
  it("values nested deeper than the stack", async () => {
    // As text: JSON.stringify cannot write such a value.
    const text = "[".repeat(20000) + "]".repeat(20000);
    const { json, bytes } = await savedModel(convNet());
    for (const key of ["strides", "class_name", "batch_input_shape", "paths"]) {
      const patched = JSON.stringify(json).replace(
        new RegExp(`("${key}":)("[^"]*"|\\[[^\\]]*\\])`),
        `$1${text}`,
      );
      const files = { "model.json": patched, "weights.bin": bytes };
      await withFiles(files, async (folder) => {
        await expect(openModel(`${folder}/model.json`)).rejects.toThrow(ModelError);
      });
    }
  });
  it("names with line breaks stay on one line", async () => {
    expect(await broken((c) => (c.layers[1].class_name = "Evil\nLayer"))).toContain("Evil\\nLayer");
  });
  it("dropout that was called for training", async () => {
    const message = await broken((c) => {
      c.layers[2].class_name = "Dropout";
      c.layers[2].inbound_nodes[0][0][3] = { training: true };
    });
    expect(message).toMatch(/layer "flat" uses Dropout \(called with training: true\)/);
  });
  it("an unknown layer in a nested model is named with its path", async () => {
    const inner = sequential([4, 3], [layers.gru({ units: 2, name: "memory" })], { name: "block" });
    const model = tf.sequential({ layers: [inner, layers.dense({ units: 2 })] });
    await expect(openModel(model)).rejects.toThrow(UnsupportedOperatorError);
    await expect(openModel(model)).rejects.toThrow(/layer "block\/memory" uses GRU/);
  });
  it("all unknown layers are named at once, in a field and by their classes", async () => {
    const model = tf.sequential({
      layers: [
        layers.gru({ units: 2, returnSequences: true, name: "first", inputShape: [4, 3] }),
        layers.gru({ units: 2, returnSequences: true, name: "second" }),
        layers.lstm({ units: 2, name: "last" }),
      ],
    });
    const error = await openModel(model).catch((error) => error);
    expect(error).toBeInstanceOf(UnsupportedOperatorError);
    expect(error).toMatchObject({
      layer: "first",
      operator: "GRU",
      others: [
        { layer: "second", operator: "GRU" },
        { layer: "last", operator: "LSTM" },
      ],
    });
    expect(error.message).toContain("(nor GRU of 1 other layer, LSTM of 1 other layer);");
  });
});
