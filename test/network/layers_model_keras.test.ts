import type * as tfjs from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { openModel } from "../../src/network/import/open_model.js";
import { sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import { expectSamePredictions, type SavedModel, tf, withSaved } from "./layers_model_fixtures.js";

/** What TensorFlow.js has no layer for, or computes otherwise than Keras: models as Keras writes them, against tensors. */

type Json = Record<string, unknown>;
type Compute = (x: tfjs.Tensor4D, weights: readonly tfjs.Tensor[]) => tfjs.Tensor;

interface Case {
  readonly name: string;
  /** Of the layer between the input "x" and a Flatten: its class, settings and calls. */
  readonly layer: Json;
  readonly compute: Compute;
  readonly shape?: readonly number[];
  readonly weights?: readonly (readonly [name: string, shape: number[]])[];
  readonly version?: string;
}

const tensor = (layer: string) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null], dtype: "float32", keras_history: [layer, 0, 0] },
});
/** Keras 3: a call with arguments. */
const called = (args: unknown[], kwargs: Json = {}) => [{ args, kwargs }];
const X = tensor("x");

function modelOf({
  layer,
  shape = [5, 6, 4],
  weights = [],
  version = "3.8.0",
}: Case): [SavedModel, tfjs.Tensor[]] {
  const isKeras3 = version.startsWith("3");
  const call = (from: string) => (isKeras3 ? called([tensor(from)]) : [[[from, 0, 0, {}]]]);
  const config = { name: "it", ...(layer.config as Json) };
  const layers = [
    {
      class_name: "InputLayer",
      name: "x",
      config: { name: "x", batch_shape: [null, ...shape] },
      inbound_nodes: [],
    },
    { inbound_nodes: call("x"), ...layer, name: "it", config },
    { class_name: "Flatten", name: "flat", config: { name: "flat" }, inbound_nodes: call("it") },
  ];
  const random = randomValues(3);
  const values = weights.map(([name, size]) =>
    Float32Array.from({ length: sizeOf(size) }, () => random.uniform(/variance/.test(name) ? 0.5 : -1, 1.5)),
  );
  const bytes = new Uint8Array(values.reduce((sum, v) => sum + v.byteLength, 0));
  let offset = 0;
  for (const v of values) {
    bytes.set(new Uint8Array(v.buffer), offset);
    offset += v.byteLength;
  }
  const json = {
    format: "layers-model",
    modelTopology: {
      keras_version: version,
      class_name: "Functional",
      config: { name: "net", layers, input_layers: [["x", 0, 0]], output_layers: [["flat", 0, 0]] },
    },
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: weights.map(([name, size]) => ({ name: `it/${name}`, shape: size, dtype: "float32" })),
      },
    ],
  };
  return [{ json, bytes }, values.map((v, i) => tf.tensor(v, weights[i][1]))];
}

function check(cases: readonly Case[]): void {
  for (const one of cases)
    it(one.name, async () => {
      const [saved, weights] = modelOf(one);
      const spec = await withSaved(saved, (path) => openModel(path));
      const predict = (x: tfjs.Tensor) => {
        const y = one.compute(x as tfjs.Tensor4D, weights);
        return y.reshape([x.shape[0], -1]);
      };
      await expectSamePredictions(spec, { predict });
    });
}

const op = (name: string, args: unknown[], config: Json = {}, kwargs: Json = {}): Json => ({
  class_name: name,
  config,
  inbound_nodes: called(args, kwargs),
});
const constant = (value: unknown) => ({ class_name: "__tensor__", config: { value, dtype: "float32" } });
const slice = (start: number | null, stop: number | null, step: number | null = null) => ({
  class_name: "__slice__",
  config: { start, stop, step },
});

describe("operations of Keras 3 with constants among their arguments", () => {
  check([
    { name: "x + 3", layer: op("Add", [X, 3]), compute: (x) => x.add(3) },
    { name: "1 - x", layer: op("Subtract", [1, X]), compute: (x) => tf.sub(1, x) },
    {
      name: "x times a number for each channel",
      layer: op("Multiply", [X, constant([1, -2, 3, 0.5])]),
      compute: (x) => x.mul(tf.tensor1d([1, -2, 3, 0.5])),
    },
    { name: "x / 127.5", layer: op("TrueDivide", [X, 127.5]), compute: (x) => x.div(127.5) },
    { name: "max(x, 0.25)", layer: op("Maximum", [X, 0.25]), compute: (x) => x.maximum(0.25) },
    { name: "min(0.25, x)", layer: op("Minimum", [0.25, X]), compute: (x) => tf.minimum(0.25, x) },
    { name: "by name", layer: op("Subtract", [], {}, { x1: 2, x2: X }), compute: (x) => tf.sub(2, x) },
    { name: "x + x", layer: op("Add", [X, X]), compute: (x) => x.add(x) },
  ]);
});

describe("operations of Keras 3", () => {
  check([
    {
      name: "Mean over pixels",
      layer: op("Mean", [X], { axis: [1, 2], keepdims: false }),
      compute: (x) => x.mean([1, 2]),
    },
    {
      name: "Mean over one axis, named Average",
      layer: op("Average", [X], { axis: 1 }),
      compute: (x) => x.mean(1),
    },
    {
      name: "Max over channels",
      layer: op("Max", [X], { axis: -1, keepdims: true }),
      compute: (x) => x.max(-1),
    },
    { name: "Sum", layer: op("Sum", [X], { axis: [1, 3] }), compute: (x) => x.sum([1, 3]) },
    {
      name: "Reshape with the batch",
      layer: op("Reshape", [X], { newshape: [-1, 30, 4] }),
      compute: (x) => x,
    },
    {
      name: "Transpose",
      layer: op("Transpose", [X], { axes: [0, 3, 1, 2] }),
      compute: (x) => x.transpose([0, 3, 1, 2]),
    },
    { name: "Relu", layer: op("Relu", [X]), compute: (x) => x.relu() },
    { name: "Relu6", layer: op("Relu6", [X]), compute: (x) => x.relu6() },
    { name: "Silu", layer: op("Silu", [X]), compute: (x) => x.mul(x.sigmoid()) },
    { name: "Exp", layer: op("Exp", [X]), compute: (x) => x.exp() },
    { name: "Negative", layer: op("Negative", [X]), compute: (x) => x.neg() },
    { name: "Absolute", layer: op("Absolute", [X]), compute: (x) => x.abs() },
    {
      name: "Clip",
      layer: op("Clip", [X], { x_min: -0.5, x_max: 0.75 }),
      compute: (x) => x.clipByValue(-0.5, 0.75),
    },
    { name: "Power", layer: op("Power", [X, 2]), compute: (x) => x.square() },
    {
      name: "GetItem",
      layer: op("GetItem", [X, [slice(null, null), slice(1, -1), slice(null, null, 2)]]),
      compute: (x) => tf.stridedSlice(x, [0, 1, 0, 0], [2, 4, 6, 4], [1, 1, 2, 1]),
    },
    {
      name: "GetItem of one channel",
      layer: op("GetItem", [X, [{ class_name: "__ellipsis__", config: {} }, 1]]),
      compute: (x) => x.slice([0, 0, 0, 1], [-1, -1, -1, 1]),
    },
    {
      name: "Pad",
      layer: op("Pad", [X], {
        pad_width: [
          [0, 0],
          [1, 0],
          [0, 2],
          [0, 0],
        ],
        mode: "constant",
      }),
      compute: (x) =>
        x.pad([
          [0, 0],
          [1, 0],
          [0, 2],
          [0, 0],
        ]),
    },
    { name: "ExpandDims", layer: op("ExpandDims", [X], { axis: 1 }), compute: (x) => x },
    {
      name: "Concatenate",
      layer: op("Concatenate", [[X, X]], { axis: 2 }),
      compute: (x) => tf.concat([x, x], 2),
    },
  ]);
});

describe("functions of TensorFlow that tf.keras keeps as layers", () => {
  const lambda = (fn: string, node: unknown): Json => ({
    class_name: fn.includes("getitem") ? "SlicingOpLambda" : "TFOpLambda",
    config: { function: fn, trainable: true, dtype: "float32" },
    inbound_nodes: [node],
  });
  const version = "2.15.0";
  const functions: readonly Case[] = [
    {
      name: "x / 127.5",
      layer: lambda("math.truediv", ["x", 0, 0, { y: 127.5, name: null }]),
      compute: (x) => x.div(127.5),
    },
    {
      name: "1 - x",
      layer: lambda("math.subtract", ["_CONSTANT_VALUE", -1, 1, { y: ["x", 0, 0], name: null }]),
      compute: (x) => tf.sub(1, x),
    },
    {
      name: "x * x",
      layer: lambda("__operators__.mul", ["x", 0, 0, { y: ["x", 0, 0], name: null }]),
      compute: (x) => x.mul(x),
    },
    {
      name: "less a number for each channel",
      layer: lambda("math.subtract", ["x", 0, 0, { y: [1, 2, 3, 4] }]),
      compute: (x) => x.sub(tf.tensor1d([1, 2, 3, 4])),
    },
    { name: "nn.relu", layer: lambda("nn.relu", ["x", 0, 0, { name: null }]), compute: (x) => x.relu() },
    {
      name: "nn.gelu",
      layer: lambda("nn.gelu", ["x", 0, 0, { approximate: false }]),
      compute: (x) => x.mul(0.5).mul(tf.erf(x.div(Math.SQRT2)).add(1)),
    },
    {
      name: "reduce_mean",
      layer: lambda("math.reduce_mean", ["x", 0, 0, { axis: [1, 2], keepdims: true }]),
      compute: (x) => x.mean([1, 2]),
    },
    {
      name: "concat",
      layer: lambda("concat", [
        ["x", 0, 0, { axis: 3 }],
        ["x", 0, 0, { axis: 3 }],
      ]),
      compute: (x) => tf.concat([x, x], 3),
    },
    { name: "reshape", layer: lambda("reshape", ["x", 0, 0, { shape: [-1, 120] }]), compute: (x) => x },
    {
      name: "pad",
      layer: lambda("compat.v1.pad", [
        "x",
        0,
        0,
        {
          paddings: [
            [0, 0],
            [1, 1],
            [2, 0],
            [0, 0],
          ],
        },
      ]),
      compute: (x) =>
        x.pad([
          [0, 0],
          [1, 1],
          [2, 0],
          [0, 0],
        ]),
    },
    {
      name: "getitem",
      layer: lambda("__operators__.getitem", [
        "x",
        0,
        0,
        {
          slice_spec: [
            { start: null, stop: null, step: null },
            { start: 1, stop: 4, step: null },
          ],
        },
      ]),
      compute: (x) => x.slice([0, 1, 0, 0], [-1, 3, -1, -1]),
    },
    {
      name: "image.resize",
      layer: lambda("image.resize", ["x", 0, 0, { size: [7, 9], method: "bilinear" }]),
      compute: (x) => tf.image.resizeBilinear(x, [7, 9], false, true),
    },
    { name: "cast", layer: lambda("cast", ["x", 0, 0, { dtype: "float32" }]), compute: (x) => x },
  ];
  check(functions.map((one) => ({ ...one, version })));

  it("that there is no operation for are refused by their names, as are arguments that nobody reads", async () => {
    const refusal = (fn: string, kwargs: Json) => {
      const one = {
        name: "",
        layer: lambda(fn, ["x", 0, 0, kwargs]),
        compute: (x: tfjs.Tensor4D) => x,
        version,
      };
      return expect(withSaved(modelOf(one)[0], (path) => openModel(path))).rejects;
    };
    await refusal("math.cumsum", {}).toThrow(/layer "it" uses TFOpLambda \(function math.cumsum\)/);
    await refusal("nn.relu", { leak: 0.5 }).toThrow(/argument leak = 0.5/);
    await refusal("math.add", { y: "one" }).toThrow(/argument x2 is "one", expected a tensor or numbers/);
  });
});

describe("operators of TensorFlow that tf.keras 2.0 to 2.3 keeps as layers", () => {
  const op = (name: string, attr: Json, constants: Json, inputs: unknown[] = [["x", 0, 0, {}]]): Json => ({
    class_name: "TensorFlowOpLayer",
    config: {
      node_def: JSON.stringify({ name: "it", op: name, input: ["x", "it/constant"], attr }, undefined, 2),
      constants,
      trainable: true,
      dtype: "float32",
    },
    inbound_nodes: [inputs],
  });
  const T = { type: "DT_FLOAT" };
  const version = "2.2.4-tf";
  const cases: readonly Case[] = [
    { name: "RealDiv", layer: op("RealDiv", { T }, { 1: 127.5 }), compute: (x) => x.div(127.5) },
    { name: "Sub of a constant", layer: op("Sub", { T }, { 0: 1 }), compute: (x) => tf.sub(1, x) },
    {
      name: "Mul of values",
      layer: op("Mul", { T }, {}, [
        ["x", 0, 0, {}],
        ["x", 0, 0, {}],
      ]),
      compute: (x) => x.mul(x),
    },
    { name: "Relu6", layer: op("Relu6", { T }, {}), compute: (x) => x.clipByValue(0, 6) },
    {
      name: "Mean",
      layer: op("Mean", { T, Tidx: { type: "DT_INT32" }, keep_dims: { b: true } }, { 1: [1, 2] }),
      compute: (x) => x.mean([1, 2]),
    },
    {
      name: "Reshape",
      layer: op("Reshape", { T, Tshape: { type: "DT_INT32" } }, { 1: [-1, 120] }),
      compute: (x) => x,
    },
    {
      name: "StridedSlice",
      layer: op(
        "StridedSlice",
        { T, Index: { type: "DT_INT32" }, begin_mask: { i: "1" }, end_mask: { i: "1" } },
        { 1: [0, 1], 2: [0, 4], 3: [1, 1] },
      ),
      compute: (x) => x.slice([0, 1, 0, 0], [-1, 3, -1, -1]),
    },
  ];
  check(cases.map((one) => ({ ...one, version })));

  it("that there is no operator for, or that are damaged, are refused with the layer's name", async () => {
    const refusal = (layer: Json) => {
      const one = { name: "", layer, compute: (x: tfjs.Tensor4D) => x, version };
      return expect(withSaved(modelOf(one)[0], (path) => openModel(path))).rejects;
    };
    await refusal(op("Sin", { T }, {})).toThrow(/layer "it" uses TensorFlowOpLayer \(operation Sin\)/);
    await refusal(op("Relu", { T, leak: { f: 0.5 } }, {})).toThrow(/Relu \(attribute "leak"\)/);
    await refusal(op("RealDiv", { T }, { 5: 2 })).toThrow(/constants stand at 5 of 2 inputs/);
    await refusal(op("RealDiv", { T }, { 1: "two" })).toThrow(/constant 1 is "two", expected numbers/);
    const damaged = op("Relu", { T }, {});
    (damaged.config as Json).node_def = "{";
    await refusal(damaged).toThrow(/node_def is not JSON/);
  });
});

describe("normalisation", () => {
  const normalization = (config: Json): Json => ({ class_name: "Normalization", config });
  const stats = (shape: number[]) =>
    [
      ["mean", shape],
      ["variance", shape],
    ] as const;
  check([
    {
      name: "with statistics in the settings",
      layer: normalization({ axis: [-1], mean: [1, 2, 3, 4], variance: [4, 9, 16, 25] }),
      compute: (x) => x.sub(tf.tensor1d([1, 2, 3, 4])).div(tf.tensor1d([2, 3, 4, 5])),
    },
    {
      name: "with numbers in the settings",
      layer: normalization({ axis: null, mean: 2, variance: 9 }),
      compute: (x) => x.sub(2).div(3),
    },
    {
      name: "inverted",
      layer: normalization({ axis: -1, mean: 2, variance: 9, invert: true }),
      compute: (x) => x.mul(3).add(2),
    },
    {
      name: "of all values together, statistics as weights",
      layer: normalization({ axis: null }),
      weights: stats([]),
      compute: (x, [mean, variance]) => x.sub(mean).div(variance.sqrt()),
    },
    {
      name: "with weights that have axes of length 1",
      layer: normalization({ axis: [3] }),
      weights: stats([1, 1, 1, 4]),
      compute: (x, [mean, variance]) => x.sub(mean).div(variance.sqrt()),
    },
    {
      name: "of rows and channels",
      layer: normalization({ axis: [1, 3] }),
      weights: stats([5, 4]),
      compute: (x, [mean, variance]) =>
        x.sub(mean.reshape([5, 1, 4])).div(variance.sqrt().reshape([5, 1, 4])),
    },
    {
      name: "BatchNormalization of axis 1",
      layer: { class_name: "BatchNormalization", config: { axis: [1], epsilon: 0.01 } },
      weights: [
        ["gamma", [5]],
        ["beta", [5]],
        ["moving_mean", [5]],
        ["moving_variance", [5]],
      ],
      compute: (x, weights) => {
        const [gamma, beta, mean, variance] = weights.map((w) => w.reshape([5, 1, 1]));
        return x.sub(mean).div(variance.add(0.01).sqrt()).mul(gamma).add(beta);
      },
    },
  ]);
});

describe("attention and normalisation of rows", () => {
  const rows = [5, 4];
  const split = (x: tfjs.Tensor, width: number) => x.reshape([-1, 5, 2, width]).transpose([0, 2, 1, 3]);
  const project = (x: tfjs.Tensor, kernel: tfjs.Tensor, bias: tfjs.Tensor) => {
    const [inputs, heads, width] = kernel.shape;
    const made = tf.matMul(x.reshape([-1, inputs]) as tfjs.Tensor2D, kernel.reshape([inputs, heads * width]));
    return split(made.add(bias.reshape([heads * width])), width);
  };
  const attend = (q: tfjs.Tensor, k: tfjs.Tensor, v: tfjs.Tensor) => {
    const scores = tf.matMul(q.div(Math.sqrt(q.shape[3] as number)), k, false, true);
    return tf.matMul(tf.softmax(scores), v);
  };
  check([
    {
      name: "MultiHeadAttention",
      shape: rows,
      layer: {
        class_name: "MultiHeadAttention",
        config: { num_heads: 2, key_dim: 3, value_dim: 2, dropout: 0.1 },
        inbound_nodes: called([X, X], { attention_mask: null, training: false }),
      },
      weights: [
        ["query/kernel", [4, 2, 3]],
        ["query/bias", [2, 3]],
        ["key/kernel", [4, 2, 3]],
        ["key/bias", [2, 3]],
        ["value/kernel", [4, 2, 2]],
        ["value/bias", [2, 2]],
        ["attention_output/kernel", [2, 2, 4]],
        ["attention_output/bias", [4]],
      ],
      compute: (x, [wq, bq, wk, bk, wv, bv, wo, bo]) => {
        const mixed = attend(project(x, wq, bq), project(x, wk, bk), project(x, wv, bv));
        const joined = mixed.transpose([0, 2, 1, 3]).reshape([-1, 4]) as tfjs.Tensor2D;
        return tf.matMul(joined, wo.reshape([4, 4])).add(bo);
      },
    },
    {
      name: "LayerNormalization",
      layer: { class_name: "LayerNormalization", config: { axis: [3], epsilon: 0.01 } },
      weights: [
        ["gamma", [4]],
        ["beta", [4]],
      ],
      compute: (x, [gamma, beta]) => {
        const { mean, variance } = tf.moments(x, 3, true);
        return x.sub(mean).div(variance.add(0.01).sqrt()).mul(gamma).add(beta);
      },
    },
    {
      name: "LayerNormalization of several axes",
      layer: { class_name: "LayerNormalization", config: { axis: [2, 3], epsilon: 0.01, center: false } },
      weights: [["gamma", [6, 4]]],
      compute: (x, [gamma]) => {
        const { mean, variance } = tf.moments(x, [2, 3], true);
        return x.sub(mean).div(variance.add(0.01).sqrt()).mul(gamma);
      },
    },
    {
      name: "RMSNormalization",
      layer: { class_name: "RMSNormalization", config: { axis: -1, epsilon: 0.01 } },
      weights: [["scale", [4]]],
      compute: (x, [scale]) => x.mul(tf.rsqrt(tf.mean(tf.square(x), 3, true).add(0.01))).mul(scale),
    },
    {
      name: "GroupNormalization",
      layer: { class_name: "GroupNormalization", config: { groups: 2, axis: -1, epsilon: 0.01 } },
      weights: [
        ["gamma", [4]],
        ["beta", [4]],
      ],
      compute: (x, [gamma, beta]) => {
        const groups = x.reshape([-1, 30, 2, 2]);
        const { mean, variance } = tf.moments(groups, [1, 3], true);
        return groups.sub(mean).div(variance.add(0.01).sqrt()).reshape(x.shape).mul(gamma).add(beta);
      },
    },
  ]);
});

describe("transposed convolutions", () => {
  const transposed = (
    padding: "same" | "valid",
    kernel: number,
    strides: number,
    size: [number, number],
  ): Case => ({
    name: `${padding}, kernel ${kernel}, strides ${strides}`,
    layer: {
      class_name: "Conv2DTranspose",
      config: { filters: 3, kernel_size: [kernel, kernel], strides: [strides, strides], padding },
    },
    weights: [
      ["kernel", [kernel, kernel, 3, 4]],
      ["bias", [3]],
    ],
    compute: (x, [kernels, bias]) =>
      tf.conv2dTranspose(x, kernels as tfjs.Tensor4D, [x.shape[0], ...size, 3], strides, padding).add(bias),
  });
  check([
    transposed("same", 3, 2, [10, 12]),
    transposed("same", 4, 2, [10, 12]),
    transposed("valid", 3, 2, [11, 13]),
    transposed("valid", 2, 2, [10, 12]),
    transposed("same", 3, 1, [5, 6]),
    transposed("same", 2, 3, [15, 18]),
  ]);
});

describe("images", () => {
  const half = (x: tfjs.Tensor4D, size: [number, number]) => tf.image.resizeBilinear(x, size, false, true);
  check([
    {
      name: "CenterCrop",
      layer: { class_name: "CenterCrop", config: { height: 2, width: 3 } },
      compute: (x) => x.slice([0, 1, 1, 0], [-1, 2, 3, -1]),
    },
    {
      name: "CenterCrop of a smaller image",
      layer: { class_name: "CenterCrop", config: { height: 8, width: 4 } },
      compute: (x) => half(x.slice([0, 0, 2, 0], [-1, 5, 2, -1]), [8, 4]),
    },
    {
      name: "RandomCrop",
      layer: { class_name: "RandomCrop", config: { height: 4, width: 4, seed: 1 } },
      compute: (x) => half(x.slice([0, 0, 0, 0], [-1, 5, 5, -1]), [4, 4]),
    },
    {
      name: "Resizing, cropped to the aspect ratio",
      layer: { class_name: "Resizing", config: { height: 3, width: 3, crop_to_aspect_ratio: true } },
      compute: (x) => half(x.slice([0, 0, 0, 0], [-1, 5, 5, -1]), [3, 3]),
    },
    {
      name: "Resizing, padded to the aspect ratio",
      layer: {
        class_name: "Resizing",
        config: { height: 3, width: 3, pad_to_aspect_ratio: true, fill_value: 2 },
      },
      compute: (x) =>
        half(
          x.pad(
            [
              [0, 0],
              [0, 1],
              [0, 0],
              [0, 0],
            ],
            2,
          ) as tfjs.Tensor4D,
          [3, 3],
        ),
    },
    ...[
      "RandomHue",
      "RandomWidth",
      "RandomErasing",
      "RandomSomethingNew",
      "MixUp",
      "Identity",
      "FixedDropout",
    ].map(
      (name): Case => ({ name, layer: { class_name: name, config: { factor: 0.5 } }, compute: (x) => x }),
    ),
    {
      name: "causal Conv1D",
      shape: [9, 3],
      layer: {
        class_name: "Conv1D",
        config: { filters: 4, kernel_size: [3], dilation_rate: [2], padding: "causal", use_bias: false },
      },
      weights: [["kernel", [3, 3, 4]]],
      compute: (x, [kernel]) =>
        tf.conv1d(
          x.pad([
            [0, 0],
            [4, 0],
            [0, 0],
          ] as never) as never,
          kernel as tfjs.Tensor3D,
          1,
          "valid",
          "NWC",
          2,
        ),
    },
    {
      name: "MaxPooling2D, channels first",
      layer: { class_name: "MaxPooling2D", config: { pool_size: [2, 2], data_format: "channels_first" } },
      compute: (x) =>
        tf.maxPool(x.transpose<tfjs.Tensor4D>([0, 2, 3, 1]), 2, 2, "valid").transpose([0, 3, 1, 2]),
    },
  ]);
});

describe("activations", () => {
  const activation = (name: string, compute: Compute): Case => ({
    name,
    layer: { class_name: "Activation", config: { activation: name } },
    compute,
  });
  const sigmoid = (x: tfjs.Tensor) => x.sigmoid();
  check([
    activation("exponential", (x) => x.exp()),
    activation("celu", (x) => x.elu()),
    activation("hard_tanh", (x) => x.clipByValue(-1, 1)),
    activation("log_sigmoid", (x) => x.logSigmoid()),
    activation("tanh_shrink", (x) => x.sub(x.tanh())),
    activation("soft_shrink", (x) => x.sub(0.5).relu().sub(x.neg().sub(0.5).relu())),
    activation("hard_shrink", (x) => x.mul(x.abs().greater(0.5).toFloat())),
    activation("squareplus", (x) => x.add(x.square().add(4).sqrt()).div(2)),
    activation("glu", (x) =>
      x.slice([0, 0, 0, 0], [-1, -1, -1, 2]).mul(sigmoid(x.slice([0, 0, 0, 2], [-1, -1, -1, 2]))),
    ),
    {
      name: "ReLU with a slope and a largest value",
      layer: { class_name: "ReLU", config: { negative_slope: 0.1, max_value: 0.75 } },
      compute: (x) => x.leakyRelu(0.1).minimum(0.75),
    },
    {
      name: "ReLU with a threshold and a largest value",
      layer: { class_name: "ReLU", config: { threshold: 0.25, max_value: 0.75 } },
      compute: (x) => x.mul(x.greaterEqual(0.25).toFloat()).minimum(0.75),
    },
  ]);
});
