import { describe, expect, it } from "vitest";
import { ModelError, UnsupportedOperatorError } from "../../../src/errors.js";
import { inspect } from "../../../src/index.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { Fixture } from "./fixture.js";
import { type GraphFile, TYPES, writeModel } from "./writer.js";

const VECTOR = ["N", 6] as const;

async function refusal(bytes: Uint8Array<ArrayBuffer>): Promise<UnsupportedOperatorError> {
  const error = await openModel(bytes).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UnsupportedOperatorError);
  expect((error as Error).message).not.toContain("\n");
  return error as UnsupportedOperatorError;
}

describe("nodes that cannot run are named, all of them, with a way out", () => {
  const body: GraphFile = { nodes: [], initializers: [], inputs: [], outputs: [] };
  const cases: [string, (model: Fixture) => string, string[], RegExp][] = [
    [
      "activations quantised as the file is read",
      (m) => {
        const scale = m.floats([], [0.1]);
        const zero = m.initializer({ type: TYPES.uint8, dims: [], int32s: [0] });
        const q = m.node("QuantizeLinear", [m.x, scale, zero]);
        return m.head(m.node("DequantizeLinear", [q, scale, zero]), 6);
      },
      ["QuantizeLinear"],
      /quantised in its activations.*give the float model/,
    ],
    [
      "operators of integers",
      (m) => {
        const [q] = m.split("DynamicQuantizeLinear", [m.x], 3);
        return m.node("Cast", [m.node("MatMulInteger", [q, m.weights([6, 4])])], { to: 1 });
      },
      ["DynamicQuantizeLinear", "MatMulInteger"],
      /quantised in its activations/,
    ],
    [
      "onnxruntime's quantised ones",
      (m) => m.node("QGemm", [m.x, m.weights([6, 4])], {}, "com.microsoft"),
      ["com.microsoft.QGemm"],
      /quantised in its activations/,
    ],
    [
      "recurrent layers",
      (m) => m.head(m.node("GRU", [m.node("LSTM", [m.x])]), 6),
      ["LSTM", "GRU"],
      /recurrent/,
    ],
    [
      "control flow",
      (m) => m.node("If", [m.x], { then_branch: { graph: body }, else_branch: { graph: body } }),
      ["If"],
      /control flow: export the network by tracing/,
    ],
    [
      "trees",
      (m) => m.node("TreeEnsembleClassifier", [m.x], {}, "ai.onnx.ml"),
      ["ai.onnx.ml.TreeEnsembleClassifier"],
      /no networks of layers/,
    ],
    [
      "what onnxruntime made of a file",
      (m) => m.node("FusedConv", [m.x], {}, "com.microsoft"),
      ["com.microsoft.FusedConv"],
      /as it was exported/,
    ],
    [
      "what drops values anew each time",
      (m) => {
        const yes = m.initializer({ type: TYPES.bool, dims: [], int32s: [1] });
        return m.head(m.node("Dropout", [m.x, m.floats([], [0.5]), yes]), 6);
      },
      ["Dropout"],
      /evaluation mode, with training=self.training/,
    ],
    [
      "what nothing here computes",
      (m) => m.head(m.node("Det", [m.node("Sin", [m.x])]), 6),
      ["Det", "Sin"],
      /function of TensorFlow.js tensors.*or give the attacks an object of your own with logits and jacobian/,
    ],
    [
      "several kinds, each with its way out",
      (m) => m.node("LSTM", [m.node("QuantizeLinear", [m.x]), m.node("Loop", [m.x])]),
      ["LSTM", "Loop", "QuantizeLinear"],
      /quantised.*|recurrent.*control flow/,
    ],
  ];
  it.each(cases)("%s", async (_, build, operators, way) => {
    const model = new Fixture({ input: VECTOR });
    const bytes = model.bytes(build(model));
    const error = await refusal(bytes);
    const named = [error.operator, ...error.others.map(({ operator }) => operator)];
    expect(named.toSorted()).toEqual(operators.toSorted());
    expect(error.message).toMatch(way);
    const report = await inspect(bytes);
    expect(report.supported).toBe(false);
    if (!report.supported)
      expect(report.unsupported.map(({ operator }) => operator).toSorted()).toEqual(operators.toSorted());
  });

  it("operators that are known, but not with these attributes, beside unknown ones", async () => {
    const model = new Fixture({ input: ["N", 3, 8, 8] });
    const padded = model.node("Pad", [model.x, model.int64s([0, 0, 1, 1, 0, 0, 1, 1])], { mode: "wrap" });
    const shrunk = model.node("Shrink", [model.x], { lambd: { float: 2 } });
    const unknown = model.node("NonMaxSuppression", [model.x]);
    const sum = model.node("Sum", [padded, shrunk, unknown]);
    const error = await refusal(model.bytes(sum));
    expect([{ layer: error.layer, operator: error.operator, detail: error.detail }, ...error.others]).toEqual(
      [
        { layer: padded, operator: "Pad", detail: 'mode "wrap"' },
        { layer: shrunk, operator: "Shrink", detail: "lambd 2 and bias 0" },
        { layer: unknown, operator: "NonMaxSuppression" },
      ],
    );
  });

  it("two inputs besides", async () => {
    const model = new Fixture({ input: VECTOR });
    const y = model.node("LSTM", [model.node("Sub", [model.x, "other"])]);
    const bytes = writeModel({
      opsets: { "": 17 },
      nodes: model.nodes,
      initializers: [],
      inputs: ["x", "other"].map((name) => ({ name, dims: ["N", 6] })),
      outputs: [{ name: y }],
    });
    expect((await refusal(bytes)).message).toMatch(
      /recurrent.*besides, the model has 2 inputs \("x", "other"\)/,
    );
  });
});

describe("models that are no classifiers of one image say so", () => {
  it("two inputs", async () => {
    const bytes = writeModel({
      opsets: { "": 17 },
      nodes: [{ type: "Sub", inputs: ["a", "b"], outputs: ["y"] }],
      initializers: [],
      inputs: ["a", "b"].map((name) => ({ name, dims: ["N", 6] })),
      outputs: [{ name: "y" }],
    });
    await expect(openModel(bytes)).rejects.toThrow(/2 inputs \("a", "b"\), expected one, the image/);
  });

  it("an input of text", async () => {
    const bytes = writeModel({
      opsets: { "": 17 },
      nodes: [{ type: "Identity", inputs: ["a"], outputs: ["y"] }],
      initializers: [],
      inputs: [{ name: "a", type: 8, dims: ["N", 6] }],
      outputs: [{ name: "y" }],
    });
    await expect(openModel(bytes)).rejects.toThrow(/"a" is STRING, expected numbers/);
  });

  it("an output that no input reaches", async () => {
    const model = new Fixture({ input: VECTOR });
    await expect(openModel(model.bytes(model.constant([2], [1, 2])))).rejects.toThrow(/depends on no input/);
  });

  it("an output that is not there", async () => {
    const model = new Fixture({ input: VECTOR });
    const bytes = model.bytes(model.head(model.x, 6));
    await expect(openModel(bytes, { output: "nothing" })).rejects.toBeInstanceOf(ModelError);
  });

  it("an attribute that nobody knows is not ignored", async () => {
    const model = new Fixture({ input: VECTOR });
    const error = await refusal(model.bytes(model.node("Relu", [model.x], { slope: 2 })));
    expect(error.message).toContain('attribute "slope"');
  });
});
