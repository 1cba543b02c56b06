import type * as tfjs from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { UnsupportedOperatorError } from "../../src/errors.js";
import { inspect, type UnsupportedModel } from "../../src/index.js";
import { type ModelInput, openModel } from "../../src/network/import/open_model.js";
import { GraphFile, text, type } from "./graph_model/fixtures.js";
import { savedModel, sequential, tf } from "./layers_model_fixtures.js";
import { Fixture } from "./onnx/fixture.js";
import { TYPES } from "./onnx/writer.js";

/** What `inspect` and `openModel` say of a model, the same. */
async function refusal(model: ModelInput): Promise<UnsupportedModel> {
  const found = await inspect(model);
  if (found.supported) return expect.fail("the model is supported");
  const error = await openModel(model).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UnsupportedOperatorError);
  expect(found.message).toBe((error as Error).message);
  expect(found.message).not.toContain("\n");
  return found;
}

const kinds = ({ unsupported }: UnsupportedModel) =>
  unsupported.map(({ operator, detail }) => (detail ? `${operator}: ${detail}` : operator));

describe("ONNX: a chain of nodes that cannot run", () => {
  function chain(isDescribed: boolean): Uint8Array<ArrayBuffer> {
    const model = new Fixture({ input: ["N", 3, 8, 8] });
    const describe = (name: string, dims: (number | string)[]) =>
      isDescribed ? model.describe(name, dims) : name;
    const pads = model.int64s([0, 0, 1, 1, 0, 0, 1, 1]);
    const padded = describe(model.node("Pad", [model.x, pads], { mode: "wrap" }), ["N", 3, 10, 10]);
    const shrunk = describe(model.node("Shrink", [padded], { lambd: { float: 2 } }), ["N", 3, 10, 10]);
    const unknown = describe(model.node("NonMaxSuppression", [shrunk]), [1, 3, 10, 10]);
    const mixed = model.node("ReduceMean", [unknown], { axes: [0] });
    return model.bytes(model.node("Relu", [mixed]));
  }

  it("is named to its end where the file describes its values", async () => {
    const found = await refusal(chain(true));
    expect(kinds(found)).toEqual([
      'Pad: mode "wrap"',
      "Shrink: lambd 2 and bias 0",
      "NonMaxSuppression",
      "ReduceMean: it reduces the batch axis: every image must be computed by itself",
    ]);
    expect(found.unchecked).toBe(1);
  });

  it("elsewhere what lies behind the first is counted, and operators without an importer are named", async () => {
    const found = await refusal(chain(false));
    expect(kinds(found)).toEqual(['Pad: mode "wrap"', "NonMaxSuppression"]);
    expect(found.unchecked).toBe(3);
    expect(found.message).toContain("NonMaxSuppression of 1 other layer");
  });

  it("a description that is damaged or of no image describes nothing", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const first = model.describe(model.node("NonMaxSuppression", [model.x]), [7, 6]);
    const found = await refusal(model.bytes(model.node("Shrink", [first], { lambd: { float: 2 } })));
    expect(kinds(found)).toEqual(["NonMaxSuppression"]);
    expect(found.unchecked).toBe(1);
  });

  it("weights beside the file are not read for a model that is refused: the others are counted", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const external = { location: "weights.bin" };
    const weights = model.initializer({ type: TYPES.float, dims: [6, 4], external });
    const unknown = model.node("NonMaxSuppression", [model.node("MatMul", [model.x, weights])]);
    const found = await refusal(model.bytes(model.node("Relu", [unknown])));
    expect(kinds(found)).toEqual(["NonMaxSuppression"]);
    expect(found.unchecked).toBe(2);
  });

  it("what is inconsistent behind them is said besides", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const first = model.describe(model.node("NonMaxSuppression", [model.x]), ["N", 6]);
    const found = await refusal(model.bytes(model.node("MatMul", [first, model.weights([5, 4])])));
    expect(kinds(found)).toEqual(["NonMaxSuppression"]);
    expect(found.message).toMatch(/besides, node .* \(MatMul\)/);
  });
});

describe("GraphModel", () => {
  const shapes = (...dims: number[][]) => ({
    list: { shape: dims.map((one) => ({ dim: one.map((size) => ({ size: String(size) })) })) },
  });

  it("operators and variants of known ones, with TensorFlow's own shapes behind them", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 8, 8, 3]);
    const sine = graph.add("Sin", [x], { T: type("DT_FLOAT"), _output_shapes: shapes([-1, 8, 8, 3]) });
    const pool = graph.add("MaxPool", [sine], { data_format: text("NCHW_VECT_C") });
    graph.add("Relu", [graph.add("Cos", [pool])]);
    const found = await refusal(graph.files());
    expect(kinds(found)).toEqual([
      "Sin",
      expect.stringMatching(/^MaxPool: data_format "NCHW_VECT_C"/),
      "Cos",
    ]);
    expect(found.unchecked).toBe(1);
    for (const { wayOut } of found.unsupported) expect(wayOut).toContain('backend: "tfjs"');
  });

  it("a way that takes the whole model is none where one node cannot go it", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 8]);
    graph.add("StatelessWhile", [graph.add("Sin", [x])]);
    const found = await refusal(graph.files());
    expect(found.unsupported.map(({ wayOut }) => wayOut)).toEqual([
      undefined,
      expect.stringContaining("control flow"),
    ]);
  });
});

describe("LayersModel", () => {
  const { layers } = tf;

  it("layers of unknown classes and settings of known ones, once however often they are called", async () => {
    const inner = sequential([4, 6], [layers.masking({ maskValue: 1, name: "inside" })]);
    const x = tf.input({ shape: [4, 6] });
    const left = layers.masking({ maskValue: 2, name: "left" }).apply(inner.apply(x));
    const right = layers.gru({ units: 6, returnSequences: true, name: "right" }).apply(inner.apply(x));
    const y = layers.flatten().apply(layers.add().apply([left, right] as tfjs.SymbolicTensor[]));
    const found = await refusal(tf.model({ inputs: x, outputs: y as tfjs.SymbolicTensor }));
    expect(kinds(found)).toEqual(["Masking: mask_value other than 0", "GRU"]);
    expect(found.unchecked).toBe(3);
  });

  it("behind a layer that cannot run, with the shapes that Keras 3 notes", async () => {
    const model = sequential(
      [4, 6],
      ["first", "second", "third"].map((name) => layers.masking({ maskValue: 1, name })),
    );
    model.add(layers.flatten());
    const { json, bytes } = await savedModel(model);
    const entries = (json.modelTopology.config as { layers: SavedLayer[] }).layers;
    for (const layer of entries)
      if (layer.config.name === "second") layer.build_config = { input_shape: [null, 4, 6] };
    const found = await refusal([
      new File([JSON.stringify(json)], "model.json"),
      new File([bytes as Uint8Array<ArrayBuffer>], "weights.bin"),
    ]);
    expect(found.unsupported.map(({ layer }) => layer)).toEqual(["first", "second"]);
    expect(found.unchecked).toBe(2);
  });
});

interface SavedLayer {
  config: { name: string };
  build_config?: object;
}
