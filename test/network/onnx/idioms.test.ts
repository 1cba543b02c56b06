import { describe, expect, it } from "vitest";
import { openModel } from "../../../src/network/import/open_model.js";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import { type TensorFile, TYPES } from "./writer.js";

const IMAGE = ["N", 3, 8, 8] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

/** A small convolutional network. */
function network(model: Fixture, weights = (dims: readonly number[]) => model.weights(dims)): string {
  const conv = model.node("Conv", [model.x, weights([4, 3, 3, 3]), weights([4])], { pads: [1, 1, 1, 1] });
  const pooled = model.node("MaxPool", [model.node("Relu", [conv])], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  });
  const flat = model.node("Flatten", [pooled]);
  return model.node("Gemm", [flat, weights([5, 64]), weights([5])], { transB: 1 });
}

const size = (dims: readonly number[]) => dims.reduce((product, n) => product * n, 1);

describe("weights", () => {
  const stored: Record<string, (values: Float32Array, dims: readonly number[]) => TensorFile> = {
    float_data: (values, dims) => ({ type: TYPES.float, dims, floats: [...values] }),
    raw_data: (values, dims) => ({ type: TYPES.float, dims, raw: new Uint8Array(values.buffer) }),
  };
  it.each(Object.keys(stored))("as %s", async (name) => {
    const model = new Fixture({ input: IMAGE });
    const scores = network(model, (dims) => {
      const values = Float32Array.from({ length: size(dims) }, () => model.random.uniform(-0.4, 0.4));
      return model.initializer(stored[name](values, dims));
    });
    await expectAgreement(model.bytes(scores), IMAGE, BOTH);
  });

  /** Another type, cast to float by the file itself: onnxruntime computes in float then. */
  const cast: Record<string, (values: Float32Array, dims: readonly number[]) => TensorFile> = {
    "double, raw": (values, dims) => ({
      type: TYPES.double,
      dims,
      raw: new Uint8Array(Float64Array.from(values).buffer),
    }),
    double_data: (values, dims) => ({ type: TYPES.double, dims, doubles: [...values] }),
    "float16, raw": (values, dims) => ({
      type: TYPES.float16,
      dims,
      raw: new Uint8Array(Uint16Array.from(values, halfBits).buffer),
    }),
    "float16 in int32_data": (values, dims) => ({
      type: TYPES.float16,
      dims,
      int32s: Array.from(values, halfBits),
    }),
    "int8, raw": (values, dims) => ({
      type: TYPES.int8,
      dims,
      raw: new Uint8Array(Int8Array.from(values, (x) => x * 4).buffer),
    }),
    "uint8 in int32_data": (values, dims) => ({
      type: TYPES.uint8,
      dims,
      int32s: Array.from(values, (x) => Math.round(Math.abs(x) * 3)),
    }),
    int64_data: (values, dims) => ({
      type: TYPES.int64,
      dims,
      int64s: Array.from(values, (x) => Math.round(x * 3)),
    }),
  };
  it.each(Object.keys(cast))("as %s", async (name) => {
    const model = new Fixture({ input: IMAGE });
    const scores = network(model, (dims) => {
      const values = Float32Array.from({ length: size(dims) }, () => model.random.uniform(-1, 1));
      return model.node("Cast", [model.initializer(cast[name](values, dims))], { to: TYPES.float });
    });
    await expectAgreement(model.bytes(scores), IMAGE, BOTH);
  });

  it("quantised, dequantised by the file per tensor and per channel", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const scores = network(model, (dims) => {
      const raw = Int8Array.from({ length: size(dims) }, () => model.random.integer(-90, 90));
      const weights = model.initializer({ type: TYPES.int8, dims, raw: new Uint8Array(raw.buffer) });
      const [length] = dims;
      const isVector = dims.length === 1;
      const scale = model.uniform(isVector ? [] : [length], 0.002, 0.005);
      const points = Int8Array.from({ length: isVector ? 1 : length }, () => model.random.integer(-5, 5));
      const zero = model.initializer({
        type: TYPES.int8,
        dims: isVector ? [] : [length],
        raw: new Uint8Array(points.buffer),
      });
      return model.node("DequantizeLinear", [weights, scale, zero], isVector ? {} : { axis: 0 });
    });
    await expectAgreement(model.bytes(scores), IMAGE, BOTH);
  });

  it("shared by Identity nodes, as TorchScript does for equal ones", async () => {
    const model = new Fixture({ input: IMAGE });
    const known = new Map<string, string>();
    const scores = network(model, (dims) => {
      const first = known.get(dims.join()) ?? model.weights(dims);
      known.set(dims.join(), first);
      return model.node("Identity", [first]);
    });
    await expectAgreement(model.bytes(scores), IMAGE, BOTH);
  });

  it("made by ConstantOfShape and Constant nodes, as Caffe2's light files do", async () => {
    const model = new Fixture({ input: ["N", 4], opset: 9 });
    const filled = model.node("ConstantOfShape", [model.int64s([4, 3])], {
      value: { tensor: { type: TYPES.float, dims: [1], floats: [0.25] } },
    });
    const varied = model.node("Mul", [filled, model.constant([3], [1, -2, 3])]);
    await expectAgreement(model.bytes(model.node("MatMul", [model.x, varied])), ["N", 4], BOTH);
  });

  it("listed among the inputs, as before IR 4", async () => {
    const model = new Fixture({ input: IMAGE, ir: 3, opset: 8, weightsAreInputs: true });
    await expectAgreement(model.bytes(network(model)), IMAGE, BOTH);
  });

  it("in a file beside the model, some of them, each where it says", async () => {
    const model = new Fixture({ input: IMAGE });
    const parts: Uint8Array[] = [];
    let offset = 0;
    const scores = network(model, (dims) => {
      const values = Float32Array.from({ length: size(dims) }, () => model.random.uniform(-0.4, 0.4));
      const raw = new Uint8Array(values.buffer);
      if (raw.length < 100) return model.initializer({ type: TYPES.float, dims, raw });
      const external = { location: "model.onnx.data", offset: String(offset), length: String(raw.length) };
      parts.push(raw);
      offset += raw.length;
      return model.initializer({ type: TYPES.float, dims, external });
    });
    const data = new Uint8Array(offset);
    let at = 0;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    const bytes = model.bytes(scores);
    await expectAgreement(bytes, IMAGE, { ...BOTH, beside: { "model.onnx.data": data } });
    await expect(openModel(bytes)).rejects.toThrow(/"model.onnx.data" is missing/);
  });
});

it.each(["float16", "double"] as const)(
  "a file of %s throughout computes what its values say",
  async (type) => {
    const build = (name: "float" | typeof type) => {
      const model = new Fixture({ input: IMAGE, inputType: name });
      const scores = network(model, (dims) => {
        const values = Float32Array.from({ length: size(dims) }, () => model.random.integer(-64, 64) / 128);
        const raw =
          name === "float"
            ? values
            : name === "double"
              ? Float64Array.from(values)
              : Uint16Array.from(values, halfBits);
        return model.initializer({ type: TYPES[name], dims, raw: new Uint8Array(raw.buffer) });
      });
      return openModel(model.bytes(scores));
    };
    expect(await build(type)).toEqual(await build("float"));
  },
);

describe("the batch", () => {
  it.each([1, 2, 10])("fixed at %d", async (batch) => {
    const input = [batch, 3, 8, 8];
    const model = new Fixture({ input });
    await expectAgreement(model.bytes(network(model)), input, BOTH);
  });

  it("fixed at 100, flattened by a Reshape that says so", async () => {
    const model = new Fixture({ input: [100, 3, 4, 4] });
    const flat = model.node("Reshape", [model.x, model.int64s([100, 48])]);
    await expectAgreement(model.bytes(model.head(flat, 48)), [100, 3, 4, 4], BOTH);
  });

  it("open, but 1 in a Reshape: one image a call", async () => {
    const model = new Fixture({ input: ["s77", 3, 4, 4], opset: 18 });
    const flat = model.node("Reshape", [model.x, model.int64s([1, 48])], { allowzero: 1 });
    await expectAgreement(model.bytes(model.head(flat, 48)), ["s77", 3, 4, 4], { ...BOTH, images: 1 });
  });
});

describe("inputs", () => {
  it("vectors", async () => {
    const model = new Fixture({ input: [1, 12] });
    await expectAgreement(model.bytes(model.head(model.x, 12)), [1, 12], BOTH);
  });

  it.each([[[1, 12, 1]], [[1, 1, 1, 12]], [["N", 1, 3, 4]]])("of shape %j", async (input) => {
    const model = new Fixture({ input });
    await expectAgreement(model.bytes(model.head(model.x, 12)), input, BOTH);
  });

  it("channels last, brought first by a Transpose and back before Flatten, as tf2onnx does", async () => {
    const input = ["N", 8, 8, 3];
    const model = new Fixture({ input });
    const first = model.node("Transpose", [model.x], { perm: [0, 3, 1, 2] });
    const conv = model.node("Conv", [first, model.weights([4, 3, 3, 3])], { auto_pad: "SAME_UPPER" });
    const pooled = model.node("MaxPool", [model.node("Relu", [conv])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
      auto_pad: "SAME_UPPER",
    });
    const last = model.node("Transpose", [pooled], { perm: [0, 2, 3, 1] });
    const flat = model.node("Reshape", [last, model.int64s([-1, 64])]);
    const scores = model.node("Add", [
      model.node("MatMul", [flat, model.weights([64, 5])]),
      model.weights([5]),
    ]);
    const built = await expectAgreement(model.bytes(scores), input, { ...BOTH, channelsLast: true });
    // The order that images have here is the one that the file had before: nothing moves.
    expect(built.nodes.map(({ op }) => op)).not.toContain("Transpose");
  });

  it("sizes left open, given by the caller", async () => {
    const input = ["N", 3, "height", "width"];
    const model = new Fixture({ input });
    const conv = model.node("Conv", [model.x, model.weights([4, 3, 3, 3])]);
    const pooled = model.node("Flatten", [model.node("GlobalAveragePool", [conv])]);
    await expectAgreement(model.bytes(pooled), input, { ...BOTH, dims: [3, 7, 6], inputShape: [7, 6, 3] });
    await expect(openModel(model.bytes(pooled))).rejects.toThrow(/pass inputShape/);
  });

  it("normalised by Sub and Div of constants before the first layer", async () => {
    const model = new Fixture({ input: IMAGE });
    const centred = model.node("Sub", [model.x, model.constant([1, 3, 1, 1], [0.48, 0.45, 0.4])]);
    const scaled = model.node("Div", [centred, model.constant([1, 3, 1, 1], [0.22, 0.23, 0.24])]);
    const conv = model.node("Conv", [scaled, model.weights([4, 3, 3, 3])], { pads: [1, 1, 1, 1] });
    await expectAgreement(model.bytes(model.head(conv, 256)), IMAGE, BOTH);
  });
});

describe("in the middle", () => {
  it("batch norm in Caffe2's spelling: BatchNormalization, Unsqueeze, Mul, Add", async () => {
    const model = new Fixture({ input: IMAGE, opset: 8 });
    const statistics = [1, -0.5, -0.5, 0.4].map((low) => model.uniform([3], low, low + 0.5));
    const y = model.node("BatchNormalization", [model.x, ...statistics], { spatial: 1 });
    const gain = () => model.node("Unsqueeze", [model.weights([3])], { axes: [1, 2] });
    const scaled = model.node("Add", [model.node("Mul", [y, gain()]), gain()]);
    await expectAgreement(model.bytes(model.head(scaled, 192)), IMAGE, BOTH);
  });

  it("batch norm of vectors after Gemm", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const statistics = [1, -0.5, -0.5, 0.4].map((low) => model.uniform([5], low, low + 0.5));
    const y = model.node("BatchNormalization", [model.head(model.x, 6), ...statistics]);
    await expectAgreement(model.bytes(y), ["N", 6], BOTH);
  });

  it("squeeze and excitation, both exporters' way", async () => {
    for (const dynamo of [false, true]) {
      const model = new Fixture({ input: IMAGE, opset: 18 });
      const pooled = dynamo
        ? model.node("ReduceMean", [model.x, model.int64s([2, 3])], { keepdims: 1, noop_with_empty_axes: 0 })
        : model.node("GlobalAveragePool", [model.x]);
      const inner = model.node("Relu", [
        model.node("Conv", [pooled, model.weights([2, 3, 1, 1]), model.weights([2])]),
      ]);
      const outer = model.node("Conv", [inner, model.weights([3, 2, 1, 1]), model.weights([3])]);
      const gate = model.node("HardSigmoid", [outer], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
      await expectAgreement(model.bytes(model.head(model.node("Mul", [gate, model.x]), 192)), IMAGE, BOTH);
    }
  });

  it("global pooling by a kernel beyond the image: its mean, as every framework but one has it", async () => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("AveragePool", [model.x], {
      kernel_shape: [1280, 1280],
      strides: [1280, 1280],
      ceil_mode: 1,
      count_include_pad: 1,
    });
    const spec = await openModel(model.bytes(model.node("Flatten", [y])));
    expect(spec.nodes.map(({ op }) => op)).toContain("GlobalAveragePool");
  });

  it("a layer of one dimension by Conv, MaxPool and Squeeze", async () => {
    const model = new Fixture({ input: ["N", 4, 16] });
    const conv = model.node("Conv", [model.x, model.weights([6, 4, 5]), model.weights([6])], {
      pads: [2, 2],
    });
    const pooled = model.node("MaxPool", [model.node("Relu", [conv])], { kernel_shape: [2], strides: [2] });
    const mean = model.node("GlobalAveragePool", [pooled]);
    const vector = model.node("Squeeze", [mean, model.int64s([-1])]);
    await expectAgreement(model.bytes(model.head(vector, 6)), ["N", 4, 16], BOTH);
  });
});

describe("ends", () => {
  it("scores of shape [N, C, 1, 1]", async () => {
    const model = new Fixture({ input: IMAGE });
    const conv = model.node("Conv", [model.x, model.weights([5, 3, 1, 1])]);
    await expectAgreement(model.bytes(model.node("GlobalAveragePool", [conv])), IMAGE, BOTH);
  });

  it("Softmax, then Reshape, then Identity", async () => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("Softmax", [network(model)], { axis: 1 });
    const end = model.node("Identity", [model.node("Reshape", [y, model.int64s([-1, 5])])]);
    const built = await expectAgreement(model.bytes(end), IMAGE, BOTH);
    expect(built.strippedSoftmax).toBe(true);
  });

  it("a label beside the probabilities, as scikit-learn's exporter has it", async () => {
    const model = new Fixture({ input: ["N", 6], opset: 13 });
    const probabilities = model.node("Softmax", [model.head(model.x, 6)], { axis: 1 });
    const label = model.node("ArgMax", [probabilities], { axis: 1, keepdims: 0 });
    const built = await expectAgreement(
      model.bytes({ name: label, type: TYPES.int64 }, probabilities),
      ["N", 6],
      {
        ...BOTH,
        scores: probabilities,
      },
    );
    expect(built.strippedSoftmax).toBe(true);
  });

  it("several outputs, of which the caller names one", async () => {
    const model = new Fixture({ input: IMAGE });
    const main = network(model);
    const aux = model.head(model.x, 192);
    const bytes = model.bytes(main, aux);
    await expect(openModel(bytes)).rejects.toThrow(/2 outputs.*pass output/);
    await expectAgreement(bytes, IMAGE, { ...BOTH, output: aux, scores: aux });
  });

  it("a map of features beside the scores", async () => {
    const model = new Fixture({ input: IMAGE });
    const scores = network(model);
    await expectAgreement(model.bytes(scores, model.nodes[0].outputs[0]), IMAGE, BOTH);
  });
});

describe("files", () => {
  it("opsets of domains that nothing uses, the default one by its name", async () => {
    const opsets = { "ai.onnx": 13, "com.microsoft": 1, "ai.onnx.ml": 2 };
    const model = new Fixture({ input: IMAGE, opset: 13, opsets });
    await expectAgreement(model.bytes(network(model)), IMAGE, BOTH);
  });

  it("class names in the metadata", async () => {
    for (const names of ['["a","b","c","d","e"]', "{0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e'}"]) {
      const model = new Fixture({ input: IMAGE, metadata: { names } });
      const spec = await openModel(model.bytes(network(model)));
      expect(spec.classNames).toEqual(["a", "b", "c", "d", "e"]);
    }
  });

  it("nodes in any order", async () => {
    const model = new Fixture({ input: IMAGE });
    const scores = network(model);
    model.nodes.reverse();
    const spec = await openModel(model.bytes(scores));
    expect(spec.nodes[0].op).toBe("Conv");
  });

  it("unnamed nodes, and nodes that nothing needs", async () => {
    const model = new Fixture({ input: IMAGE });
    model.node("NonMaxSuppression", [model.x]);
    const scores = network(model);
    for (const node of model.nodes) node.name = "";
    const spec = await openModel(model.bytes(scores));
    expect(new Set(spec.nodes.map(({ name }) => name)).size).toBe(spec.nodes.length);
  });

  it("an older opset says how to convert it", async () => {
    const model = new Fixture({ input: IMAGE, opset: 6 });
    await expect(openModel(model.bytes(network(model)))).rejects.toThrow(/opset 6.*version_converter/);
  });
});

/** Bits of a float16, rounded to nearest, for normal numbers and 0. */
function halfBits(value: number): number {
  if (Math.abs(value) < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const mantissa = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) + (exponent + 15) * 1024 + mantissa;
}
