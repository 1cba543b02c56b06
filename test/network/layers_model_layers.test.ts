import type * as tfjs from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/api/load_model.js";
import { UnsupportedOperatorError } from "../../src/errors.js";
import { mixes } from "../../src/kernels/facts.js";
import { facts } from "../../src/kernels/operators/facts.generated.js";
import { buildNetwork } from "../../src/network/build.js";
import { PLAIN_LAYERS } from "../../src/network/import/layers_model/layers/plain.js";
import { LAYERS_MODEL_COVERAGE } from "../../src/network/import/layers_model/layers/registry.js";
import { isOperation } from "../../src/network/import/layers_model/operations/registry.js";
import { openModel } from "../../src/network/import/open_model.js";
import type { OpName } from "../../src/network/spec.js";
import { expectSamePredictions, savedModel, sequential, tf, withSaved } from "./layers_model_fixtures.js";

const { layers } = tf;
type Layer = tfjs.layers.Layer;

/** Every operator that a layer below became. */
const made = new Set<OpName>();

/** Imports the model live and from files, and compares both with `model.predict`. */
async function expectImported(model: tfjs.LayersModel, ops?: readonly OpName[]): Promise<void> {
  const live = await openModel(model);
  for (const { op } of live.nodes) made.add(op);
  if (ops) expect(live.nodes.map((node) => node.op)).toEqual(ops);
  await expectSamePredictions(live, model);
  const stored = await withSaved(await savedModel(model), (path) => openModel(path));
  expect(stored).toEqual(live);
}

/** One layer on an image, all its values as scores. */
const onImage = (layer: Layer, shape: number[] = [7, 6, 3]) => sequential(shape, [layer, layers.flatten()]);

describe("Conv2D", () => {
  const sizes = [
    [7, 6],
    [8, 9],
    [5, 5],
  ];
  for (const padding of ["same", "valid"] as const)
    for (const [height, width] of sizes)
      for (const [kernelSize, strides, dilationRate] of [
        [3, 1, 1],
        [3, 2, 1],
        [[2, 3], [2, 1], 1],
        [[1, 4], 3, 1],
        [2, 1, 2],
        [3, 1, [2, 1]],
      ] as const)
        it(`${padding}, ${height}x${width}, kernel ${kernelSize}, strides ${strides}, dilation ${dilationRate}`, async () => {
          const layer = layers.conv2d({
            filters: 4,
            kernelSize: kernelSize as [number, number],
            strides: strides as [number, number],
            dilationRate: dilationRate as [number, number],
            padding,
          });
          await expectImported(onImage(layer, [height, width, 3]), ["Conv", "Flatten"]);
        });

  it("without bias, with a fused activation", async () => {
    const layer = layers.conv2d({ filters: 5, kernelSize: 3, useBias: false, activation: "relu" });
    await expectImported(onImage(layer), ["Conv", "Relu", "Flatten"]);
  });

  it("channels first, which moves nothing between layers", async () => {
    const dataFormat = "channelsFirst" as const;
    const model = sequential(
      [3, 7, 6],
      [
        layers.conv2d({
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: "same",
          dataFormat,
          activation: "relu",
        }),
        layers.maxPooling2d({ poolSize: 2, strides: 1, dataFormat }),
        layers.zeroPadding2d({
          padding: [
            [1, 0],
            [0, 2],
          ],
          dataFormat,
        }),
        layers.conv2d({ filters: 2, kernelSize: 2, dataFormat }),
        layers.flatten(),
      ],
    );
    await expectImported(model, [
      "Transpose",
      ...(["Conv", "Relu", "MaxPool", "Pad", "Conv"] as const),
      "Transpose",
      "Flatten",
    ]);
  });
  it("channels first, then the mean of each", async () => {
    const dataFormat = "channelsFirst" as const;
    const pool = layers.globalAveragePooling2d({ dataFormat });
    const conv = layers.conv2d({ filters: 4, kernelSize: 2, dataFormat });
    await expectImported(sequential([3, 4, 5], [conv, pool]), ["Transpose", "Conv", "GlobalAveragePool"]);
  });
});

describe("DepthwiseConv2D", () => {
  for (const padding of ["same", "valid"] as const)
    for (const strides of [1, 2])
      for (const depthMultiplier of [1, 2])
        it(`${padding}, stride ${strides}, multiplier ${depthMultiplier}`, async () => {
          const layer = layers.depthwiseConv2d({
            kernelSize: [3, 2],
            strides,
            padding,
            depthMultiplier,
            activation: "relu6",
          });
          await expectImported(onImage(layer), ["Conv", "Clip", "Flatten"]);
        });

  it("is not dilated in TensorFlow.js, whatever its config says", async () => {
    const layer = layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, useBias: false });
    await expectImported(onImage(layer), ["Conv", "Flatten"]);
  });
});

describe("SeparableConv2D", () => {
  for (const padding of ["same", "valid"] as const)
    for (const [strides, dilationRate] of [
      [1, 1],
      [2, 1],
      [1, 2],
    ])
      it(`${padding}, stride ${strides}, dilation ${dilationRate}`, async () => {
        const layer = layers.separableConv2d({
          filters: 4,
          kernelSize: 3,
          strides,
          padding,
          dilationRate,
          depthMultiplier: 2,
          activation: "tanh",
        });
        await expectImported(onImage(layer), ["Conv", "Conv", "Tanh", "Flatten"]);
      });
});

describe("Dense", () => {
  it("on a vector", async () => {
    await expectImported(sequential([9], [layers.dense({ units: 4, activation: "relu" })]), ["Gemm", "Relu"]);
  });
  it("on the last axis of an image, without bias", async () => {
    await expectImported(onImage(layers.dense({ units: 4, useBias: false })), ["Gemm", "Flatten"]);
  });
  it("on the last axis of a matrix", async () => {
    await expectImported(onImage(layers.dense({ units: 2 }), [5, 3]), ["Gemm", "Flatten"]);
  });
});

describe("activations", () => {
  const byName: [string, OpName][] = [
    ["relu", "Relu"],
    ["relu6", "Clip"],
    ["elu", "Elu"],
    ["selu", "Selu"],
    ["sigmoid", "Sigmoid"],
    ["hardSigmoid", "HardSigmoid"],
    ["softplus", "Softplus"],
    ["softsign", "Softsign"],
    ["tanh", "Tanh"],
    ["swish", "Swish"],
    ["mish", "Mish"],
    ["gelu", "Gelu"],
    ["gelu_new", "Gelu"],
    ["linear", "Identity"],
  ];
  for (const [name, op] of byName)
    it(`Activation ${name}`, async () => {
      const layer = layers.activation({ activation: name as "relu" });
      // With layers after it, since a sigmoid that ends a model is left out.
      const tail = [layers.flatten(), layers.dense({ units: 3 })];
      await expectImported(sequential([3, 4, 2], [layer, ...tail]), [op, "Flatten", "Gemm"]);
    });

  const asLayers: [string, Layer, OpName][] = [
    ["ReLU", layers.reLU(), "Relu"],
    ["ReLU up to 1.5", layers.reLU({ maxValue: 1.5 }), "Clip"],
    ["LeakyReLU, its default", layers.leakyReLU(), "LeakyRelu"],
    ["LeakyReLU of 0.1", layers.leakyReLU({ alpha: 0.1 }), "LeakyRelu"],
    ["ELU", layers.elu(), "Elu"],
    ["ThresholdedReLU", layers.thresholdedReLU({ theta: 0.7 }), "ThresholdedRelu"],
    ["PReLU per unit", layers.prelu(), "PRelu"],
    ["PReLU per channel", layers.prelu({ sharedAxes: [1, 2] }), "PRelu"],
    ["PReLU per row", layers.prelu({ sharedAxes: [2, 3] }), "PRelu"],
    ["PReLU per column and channel", layers.prelu({ sharedAxes: [1] }), "PRelu"],
    ["PReLU with one slope", layers.prelu({ sharedAxes: [1, 2, 3] }), "PRelu"],
  ];
  for (const [name, layer, op] of asLayers)
    it(name, async () => {
      await expectImported(onImage(layer), [op, "Flatten"]);
    });
});

describe("BatchNormalization", () => {
  for (const scale of [true, false])
    for (const center of [true, false])
      it(`scale ${scale}, center ${center}`, async () => {
        const layer = layers.batchNormalization({ scale, center, epsilon: 0.01 });
        await expectImported(onImage(layer), ["BatchNormalization", "Flatten"]);
      });
  it("on a vector, axis 1", async () => {
    await expectImported(sequential([5], [layers.batchNormalization({ axis: 1 })]), ["BatchNormalization"]);
  });
  it("refuses another axis than the last, where TensorFlow.js mixes channels up", async () => {
    const model = onImage(layers.batchNormalization({ axis: 1 }));
    await expect(openModel(model)).rejects.toThrow(
      /BatchNormalization \(axis 1, which TensorFlow.js computes wrong/,
    );
  });
});

describe("pooling", () => {
  for (const padding of ["same", "valid"] as const)
    for (const [height, width] of [
      [7, 6],
      [8, 9],
    ])
      for (const [poolSize, strides] of [
        [2, undefined],
        [3, 2],
        [
          [3, 2],
          [1, 2],
        ],
      ] as const) {
        const args = {
          poolSize: poolSize as [number, number],
          strides: strides as [number, number] | undefined,
          padding,
        };
        it(`max, ${padding}, ${height}x${width}, window ${poolSize}, strides ${strides}`, () =>
          expectImported(onImage(layers.maxPooling2d(args), [height, width, 2]), ["MaxPool", "Flatten"]));
        it(`average, ${padding}, ${height}x${width}, window ${poolSize}, strides ${strides}`, () =>
          expectImported(onImage(layers.averagePooling2d(args), [height, width, 2]), [
            "AveragePool",
            "Flatten",
          ]));
      }
  it("global average", () =>
    expectImported(sequential([5, 4, 3], [layers.globalAveragePooling2d({})]), ["GlobalAveragePool"]));
  it("global max", () =>
    expectImported(sequential([5, 4, 3], [layers.globalMaxPooling2d({})]), ["GlobalMaxPool"]));
});

describe("layout", () => {
  for (const padding of [
    2,
    [1, 2] as [number, number],
    [
      [1, 0],
      [2, 3],
    ] as [[number, number], [number, number]],
  ])
    it(`ZeroPadding2D ${JSON.stringify(padding)}`, () =>
      expectImported(onImage(layers.zeroPadding2d({ padding: padding as number })), ["Pad", "Flatten"]));
  it("ZeroPadding2D, its default", () => expectImported(onImage(layers.zeroPadding2d()), ["Pad", "Flatten"]));
  for (const cropping of [
    1,
    [1, 2],
    [
      [1, 0],
      [2, 3],
    ],
  ])
    it(`Cropping2D ${JSON.stringify(cropping)}`, () =>
      expectImported(onImage(layers.cropping2D({ cropping: cropping as [number, number] })), [
        "Slice",
        "Flatten",
      ]));
  it("Flatten, channels first", () =>
    expectImported(sequential([3, 4, 2], [layers.flatten({ dataFormat: "channelsFirst" })]), [
      "Transpose",
      "Flatten",
    ]));
  it("Reshape with an open size", () =>
    expectImported(
      sequential(
        [4, 6],
        [layers.reshape({ targetShape: [2, -1, 3] }), layers.reshape({ targetShape: [24] })],
      ),
      ["Reshape", "Reshape"],
    ));
  for (const dims of [
    [2, 1, 3],
    [3, 1, 2],
    [2, 3, 1],
  ])
    it(`Permute ${dims}`, () => expectImported(onImage(layers.permute({ dims })), ["Transpose", "Flatten"]));
});

describe("resampling", () => {
  for (const interpolation of ["nearest", "bilinear"] as const) {
    it(`UpSampling2D ${interpolation}`, () =>
      expectImported(onImage(layers.upSampling2d({ size: [2, 3], interpolation })), ["Resize", "Flatten"]));
  }

  // TensorFlow.js cannot run a model with this layer, so its image operation is compared instead.
  for (const [interpolation, height, width] of [
    ["bilinear", 11, 4],
    ["bilinear", 3, 13],
    ["nearest", 14, 18],
    ["nearest", 8, 5],
    ["nearest", 3, 13],
  ] as const)
    it(`Resizing ${interpolation} to ${height}x${width}`, async () => {
      const spec = await openModel(
        sequential([7, 6, 3], [layers.resizing({ height, width, interpolation })]),
      );
      const flat = { op: "Flatten", name: "flat", inputs: [spec.output] } as const;
      const resize = interpolation === "nearest" ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
      const predict = (images: tfjs.Tensor) => resize(images as tfjs.Tensor4D, [height, width], false, true);
      await expectSamePredictions({ ...spec, nodes: [...spec.nodes, flat], output: "flat" }, { predict });
    });
});

describe("layers that do nothing at inference", () => {
  const idle: Layer[] = [
    layers.dropout({ rate: 0.5 }),
    layers.alphaDropout({ rate: 0.5 }),
    layers.gaussianDropout({ rate: 0.5 }),
    layers.gaussianNoise({ stddev: 1 }),
  ];
  for (const layer of idle)
    it(layer.getClassName(), () => expectImported(onImage(layer), ["Identity", "Flatten"]));
});

describe("merging", () => {
  const merge = (layer: Layer, left = [4, 3, 2], right = [4, 3, 2]) => {
    const input = tf.input({ shape: [left.reduce((a, b) => a * b) + right.reduce((a, b) => a * b)] });
    const branch = (units: number, shape: number[]) => {
      const dense = layers.dense({ units }).apply(input) as tfjs.SymbolicTensor;
      return layers.reshape({ targetShape: shape }).apply(dense) as tfjs.SymbolicTensor;
    };
    const [a, b] = [left, right].map((shape) =>
      branch(
        shape.reduce((x, y) => x * y),
        shape,
      ),
    );
    const merged = layer.apply([a, b]) as tfjs.SymbolicTensor;
    return tf.model({ inputs: input, outputs: layers.flatten().apply(merged) as tfjs.SymbolicTensor });
  };
  for (const [name, layer] of [
    ["Add", layers.add()],
    ["Multiply", layers.multiply()],
    ["Average", layers.average()],
    ["Concatenate", layers.concatenate()],
    ["Concatenate, axis 1", layers.concatenate({ axis: 1 })],
    ["Concatenate, axis -2", layers.concatenate({ axis: -2 })],
  ] as const)
    it(name, () => expectImported(merge(layer)));
  it("Multiply with broadcasting, as squeeze-and-excite does", () =>
    expectImported(merge(layers.multiply(), [4, 3, 2], [1, 1, 2])));
  it("Add of values of different rank", () => expectImported(merge(layers.add(), [4, 3, 2], [2])));
  it("Maximum", () => expectImported(merge(layers.maximum())));
  it("Minimum", () => expectImported(merge(layers.minimum())));
});

it("Rescaling", async () => {
  const model = sequential([3, 2, 2], [layers.rescaling({ scale: 0.25, offset: -1 }), layers.flatten()]);
  await expectImported(model, ["Constant", "Mul", "Constant", "Add", "Flatten"]);
});

it("Conv2DTranspose", () =>
  expectImported(
    onImage(layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: "same" })),
  ));
it("LayerNormalization", () => expectImported(onImage(layers.layerNormalization())));

describe("one spatial axis", () => {
  const onRows = (layer: Layer) => sequential([9, 3], [layer, layers.flatten()]);
  for (const padding of ["same", "valid"] as const)
    for (const [kernelSize, strides, dilationRate] of [
      [3, 1, 1],
      [2, 2, 1],
      [3, 1, 2],
    ])
      it(`Conv1D ${padding}, kernel ${kernelSize}, strides ${strides}, dilation ${dilationRate}`, () =>
        expectImported(onRows(layers.conv1d({ filters: 4, kernelSize, strides, dilationRate, padding }))));
  it("MaxPooling1D", () => expectImported(onRows(layers.maxPooling1d({ poolSize: 3, strides: 2 }))));
  it("AveragePooling1D", () =>
    expectImported(onRows(layers.averagePooling1d({ poolSize: 2, padding: "same" }))));
  it("GlobalAveragePooling1D", () => expectImported(sequential([9, 3], [layers.globalAveragePooling1d({})])));
  it("GlobalMaxPooling1D", () => expectImported(sequential([9, 3], [layers.globalMaxPooling1d({})])));
  it("TimeDistributed(Dense)", () =>
    expectImported(
      onRows(layers.timeDistributed({ layer: layers.dense({ units: 2, activation: "tanh" }) })),
    ));
  it("RepeatVector", () =>
    expectImported(sequential([3], [layers.repeatVector({ n: 4 }), layers.flatten()])));
});

describe("final softmax", () => {
  const logits = () => layers.dense({ units: 5, name: "logits" });
  const scoresOf = async (model: tfjs.LayersModel) => {
    const spec = await openModel(model);
    expect(spec.nodes.filter(({ op }) => op === "Softmax" || op === "LogSoftmax")).toHaveLength(1);
    expect(buildNetwork(spec).strippedSoftmax).toBe(true);
    return spec;
  };

  for (const [name, tail] of [
    ["as activation", [layers.activation({ activation: "softmax" })]],
    ["as layer", [layers.softmax({ axis: -1 })]],
    ["as logSoftmax", [layers.activation({ activation: "logSoftmax" as "softmax" })]],
    [
      "before dropout and a reshape",
      [layers.softmax(), layers.dropout({ rate: 0.1 }), layers.reshape({ targetShape: [5] })],
    ],
  ] as const)
    it(name, async () => {
      const body = sequential([8], [logits()]);
      const whole = sequential([8], [logits(), ...tail]);
      whole.setWeights(body.getWeights());
      // The scores are the logits: what the model computes without its softmax.
      await expectSamePredictions(await scoresOf(whole), body);
    });

  it("fused in the last dense layer", async () => {
    const model = sequential([8], [layers.dense({ units: 5, activation: "softmax" })]);
    const body = sequential([8], [layers.dense({ units: 5 })]);
    await expectSamePredictions(await scoresOf(model), body);
  });

  it("is computed in the middle", async () => {
    const model = sequential(
      [8],
      [layers.dense({ units: 5, activation: "softmax" }), layers.dense({ units: 2 })],
    );
    await expectSamePredictions(await openModel(model), model);
  });

  it("is computed where scores are regrouped after it", async () => {
    const model = sequential([2, 5], [layers.softmax({ axis: -1 }), layers.flatten()]);
    await expectSamePredictions(await openModel(model), model);
  });

  it("is refused in the middle where it is a logarithm", async () => {
    const model = sequential(
      [8],
      [layers.dense({ units: 5, activation: "logSoftmax" as "softmax" }), layers.dense({ units: 2 })],
    );
    await expect(loadModel(model)).rejects.toThrow(UnsupportedOperatorError);
  });
});

it("names layer, operator and the way out for a layer it does not know", async () => {
  const model = sequential([5, 3], [layers.gru({ units: 2, name: "memory" })]);
  await expect(openModel(model)).rejects.toThrow(
    /layer "memory" uses GRU, which unifool does not implement; pass .*backend: "tfjs"/,
  );
});

describe("what Keras has and TensorFlow.js has not", () => {
  /** Loads a saved model whose file was rewritten as Keras would write it, and compares with `predict`. */
  async function expectRewritten(
    model: tfjs.LayersModel,
    rewrite: (json: string) => string,
    predict: (images: tfjs.Tensor) => tfjs.Tensor,
  ): Promise<void> {
    const saved = await savedModel(model);
    const json = JSON.parse(rewrite(JSON.stringify(saved.json)));
    const spec = await withSaved({ ...saved, json }, (path) => openModel(path));
    for (const { op } of spec.nodes) made.add(op);
    await expectSamePredictions(spec, { predict });
  }
  const run = (model: tfjs.LayersModel, images: tfjs.Tensor) => model.predict(images) as tfjs.Tensor;

  for (const name of ["hard_swish", "hard_silu"])
    it(name, () => {
      const model = sequential([4], [layers.dense({ units: 6, activation: "linear" })]);
      return expectRewritten(
        model,
        (json) => json.replace('"activation":"linear"', `"activation":"${name}"`),
        (images) => {
          const x = run(model, images);
          return tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6));
        },
      );
    });

  it("log_sigmoid", () => {
    const model = sequential([4], [layers.dense({ units: 6, activation: "linear" })]);
    return expectRewritten(
      model,
      (json) => json.replace('"activation":"linear"', '"activation":"log_sigmoid"'),
      (images) => tf.logSigmoid(run(model, images)),
    );
  });
  it("exponential", () => {
    const model = sequential([4], [layers.dense({ units: 6, activation: "linear" })]);
    return expectRewritten(
      model,
      (json) => json.replace('"activation":"linear"', '"activation":"exponential"'),
      (images) => tf.exp(run(model, images)),
    );
  });

  it("Subtract", () => {
    const input = tf.input({ shape: [5] });
    const branch = () => layers.dense({ units: 4 }).apply(input) as tfjs.SymbolicTensor;
    const [a, b] = [branch(), branch()];
    const outputs = layers.add({ name: "difference" }).apply([a, b]) as tfjs.SymbolicTensor;
    const [left, right] = [a, b].map((output) => tf.model({ inputs: input, outputs: output }));
    return expectRewritten(
      tf.model({ inputs: input, outputs }),
      (json) => json.replace('"class_name":"Add"', '"class_name":"Subtract"'),
      (images) => tf.sub(run(left, images), run(right, images)),
    );
  });
});

describe("arithmetic of two values, whichever classes there are for it", () => {
  const classes = [...LAYERS_MODEL_COVERAGE].flatMap(([op, names]) =>
    facts[op].inputs[0] === 2 && facts[op].liveness === mixes ? names.map((name) => ({ name, op })) : [],
  );
  it.each(classes.filter(({ name }) => !/Rescaling|Average|Normalization|Attention/.test(name)))(
    "$name is $op, its inputs in order",
    async ({ name, op }) => {
      const entry = (className: string, own: string, config: object, from: readonly string[]) => ({
        class_name: className,
        name: own,
        config: { name: own, ...config },
        inbound_nodes: from.length > 0 ? [from.map((layer) => [layer, 0, 0, {}])] : [],
      });
      const json = {
        format: "layers-model",
        modelTopology: {
          keras_version: "3.8.0",
          class_name: "Functional",
          config: {
            name: "net",
            layers: [
              entry("InputLayer", "x", { batch_shape: [null, 2, 3, 4] }, []),
              entry("ReLU", "rectified", {}, ["x"]),
              entry(name, "both", {}, ["rectified", "x"]),
              entry("Flatten", "flat", {}, ["both"]),
            ],
            input_layers: [["x", 0, 0]],
            output_layers: [["flat", 0, 0]],
          },
        },
        weightsManifest: [],
      };
      const { nodes } = await openModel(new TextEncoder().encode(JSON.stringify(json)));
      for (const node of nodes) made.add(node.op);
      expect(nodes.map((node) => node.op)).toEqual(["Relu", op, "Flatten"]);
      expect(nodes[1].inputs).toEqual(["rectified", "x"]);
    },
  );
});

it("declares every operator that a layer can become, and no other", () => {
  made.add("Softmax");
  made.add("MatMul"); // Of attention, which TensorFlow.js has no layer for.
  for (const op of ["ReduceMean", "Pow"] as const) made.add(op); // Of RMSNormalization, which it has not either.
  made.add("LogSoftmax"); // Stripped where it is right, refused elsewhere.
  expect([...LAYERS_MODEL_COVERAGE.keys()].sort()).toEqual([...made].sort());
});

it("plain layers are layers in Keras 3 too, whatever operations are called", () => {
  const both = PLAIN_LAYERS.flatMap(({ names }) => names).filter(isOperation);
  // Of these two a class is always the layer.
  expect(both.sort()).toEqual(["Concatenate", "Softmax"]);
});
