import { describe, expect, it } from "vitest";
import { compile } from "../../../src/api/compile.js";
import { loadModel } from "../../../src/api/load_model.js";
import { withFiles } from "../layers_model_fixtures.js";
import { expectSameAsTfjs, expectSameNetworks, networkOf } from "./agreement.js";
import { flag, GraphFile, integer, integers, type } from "./fixtures.js";

/** A dense layer, its scores at node "scores", something after them. */
function classifier(end: (graph: GraphFile, scores: string) => void = () => {}, dims = [-1, 6]): GraphFile {
  const graph = new GraphFile();
  const x = graph.input(dims, "image");
  end(graph, graph.add("MatMul", [x, graph.random([6, 4])], {}, "scores"));
  return graph;
}

describe("outputs", () => {
  const label = (graph: GraphFile, scores: string, name = "label") =>
    graph.add("ArgMax", [scores, graph.integers(-1)], { output_type: type("DT_INT64") }, name);

  it("without a signature, what no node reads", async () => {
    await expectSameAsTfjs(classifier((graph, scores) => graph.add("Identity", [scores])));
  });

  it.each(["the root", "userDefinedMetadata"])("a signature in %s names them", async (place) => {
    const graph = classifier((other, scores) => {
      other.add("Relu", [other.add("Neg", [scores])], {}, "dead_end");
    });
    if (place === "the root") graph.sign("scores");
    else graph.extra.userDefinedMetadata = { signature: graph.signature("scores:0") };
    await expectSameAsTfjs(graph, { node: "scores" });
  });

  it("output chooses by the signature's key, by the node, or by a value of one", async () => {
    const graph = classifier((other, scores) => {
      const parts = other.add("Split", [other.integers(1), scores], { num_split: integer(2) }, "parts");
      other.add("Relu", [`${parts}:1`], {}, "positive");
    });
    graph.sign("scores", "positive");
    await expect(networkOf(graph)).rejects.toThrow('2 outputs ("scores:0", "positive:0"); pass output');
    for (const output of ["output_0", "scores", "scores:0"])
      await expectSameAsTfjs(graph, { output, node: "scores" });
    await expectSameAsTfjs(graph, { output: "output_1", node: "positive", low: 1 });
    await expectSameAsTfjs(graph, { output: "parts:1", node: "parts:1" });
    await expect(networkOf(graph, "output_7")).rejects.toThrow(
      'output is "output_7", which no node makes; its outputs are "output_0", "output_1"',
    );
    await expect(networkOf(graph, "parts:2")).rejects.toThrow('output "parts:2" is none of node "parts"');
  });

  it("the only vector among several outputs is the scores", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 4, 4, 3]);
    const map = graph.add("Relu", [x], {}, "map");
    graph.add("Mean", [map, graph.integers([1, 2])], { keep_dims: flag(false) }, "pooled");
    graph.sign("map", "pooled");
    await expectSameAsTfjs(graph, { node: "pooled" });
  });

  it.each<[string, (graph: GraphFile, scores: string) => void]>([
    ["ArgMax", (graph, scores) => label(graph, scores)],
    [
      "ArgMax, Cast, Identity",
      (graph, scores) =>
        graph.add("Identity", [
          graph.add("Cast", [label(graph, scores)], { SrcT: type("DT_INT64"), DstT: type("DT_INT32") }),
        ]),
    ],
    [
      "TopKV2, its values and its indices",
      (graph, scores) => {
        const best = graph.add("TopKV2", [scores, graph.integers(2)], { sorted: flag(true) });
        graph.add("Identity", [best], {}, "best");
        graph.add("Identity", [`${best}:1`], {}, "indices");
        graph.sign("best", "indices");
      },
    ],
    [
      "a label, and the probabilities that it was chosen by",
      (graph, scores) => {
        const probabilities = graph.add("Identity", [graph.add("Softmax", [scores])], {}, "probabilities");
        label(graph, probabilities);
        graph.sign("label", "probabilities");
      },
    ],
    [
      "scores, probabilities, and the label of either",
      (graph, scores) => {
        const probabilities = graph.add("Softmax", [scores], {}, "probabilities");
        label(graph, scores);
        label(graph, probabilities, "other_label");
        graph.sign("label", "other_label", "scores", "probabilities");
      },
    ],
  ])("%s at the end are stepped back from", async (_, end) => {
    expectSameNetworks(await networkOf(classifier()), await networkOf(classifier(end)));
  });

  it("a label is stepped back from where it was chosen, too", async () => {
    const graph = classifier((other, scores) => {
      label(other, scores);
      other.add("Relu", [scores], {}, "positive");
    });
    expectSameNetworks(await networkOf(classifier()), await networkOf(graph, "label"));
  });
});

describe("the batch", () => {
  it("is 1 in the file, and any number here", async () => {
    const network = await expectSameAsTfjs(classifier(() => {}, [1, 6]));
    await using engine = await compile(network);
    const { logits } = await engine.logits(new Float32Array(5 * 6));
    expect(logits).toHaveLength(5 * 4);
  });

  it("is 1, and dropped and added again", async () => {
    const graph = new GraphFile();
    const x = graph.input([1, 4, 4, 3]);
    const pooled = graph.add("Mean", [x, graph.integers([1, 2])], { keep_dims: flag(true) });
    const bare = graph.add("Squeeze", [pooled], { squeeze_dims: integers() });
    const scaled = graph.add("AddV2", [bare, graph.random([3])]);
    const rows = graph.add("ExpandDims", [scaled, graph.integers(0)]);
    const y = graph.add("MatMul", [rows, graph.random([3, 5])]);
    const flat = graph.add("Reshape", [y, graph.integers([5])]);
    graph.add("Softmax", [flat]);
    const network = await expectSameAsTfjs(graph, { node: flat });
    expect(network.strippedSoftmax).toBe(true);
  });

  it("is not there: the image comes alone", async () => {
    const graph = new GraphFile();
    const x = graph.input([4, 6, 3]);
    const batched = graph.add("ExpandDims", [x, graph.integers(0)]);
    graph.add("Sum", [batched, graph.integers([2])], { keep_dims: flag(false) }, "sums");
    graph.add("Reshape", ["sums", graph.integers([1, 12])]);
    const network = await networkOf(graph);
    expect(network.input.shape).toEqual([4, 6, 3]);
    expect(network.classes).toBe(12);
  });

  it.each<[string, (graph: GraphFile, x: string) => string]>([
    ["Mean", (graph, x) => graph.add("Mean", [x, graph.integers([0])], { keep_dims: flag(true) })],
    [
      "Transpose",
      (graph, x) =>
        graph.add("MatMul", [graph.add("Transpose", [x, graph.integers([1, 0])]), graph.random([1, 4])]),
    ],
    ["Squeeze", (graph, x) => graph.add("Squeeze", [x], { squeeze_dims: integers(0) })],
    ["Softmax", (graph, x) => graph.add("Softmax", [graph.add("Transpose", [x, graph.integers([1, 0])])])],
    ["ConcatV2", (graph, x) => graph.add("ConcatV2", [x, x, graph.integers(0)])],
  ])("is open: %s along it is refused", async (op, build) => {
    const graph = new GraphFile();
    build(graph, graph.input([-1, 6]));
    await expect(networkOf(graph)).rejects.toThrow(/the batch axis: every image must be computed by itself/);
    await expect(networkOf(graph)).rejects.toMatchObject({ name: "UnsupportedOperatorError" });
    expect(op).toBeTruthy();
  });
});

describe("inputs", () => {
  it("open lengths are given by inputShape", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, -1, -1, 3]);
    graph.add("Mean", [x, graph.integers([1, 2])], { keep_dims: flag(false) });
    await expect(networkOf(graph)).rejects.toThrow("has shape [null,null,3]; pass inputShape");
    await expectSameAsTfjs(graph, { inputShape: [4, 5, 3] });
  });

  it("several are refused, named", async () => {
    const graph = new GraphFile();
    const [a, b] = [graph.input([-1, 6], "left"), graph.input([-1, 6], "right")];
    graph.add("AddV2", [a, b]);
    await expect(networkOf(graph)).rejects.toThrow('the model has 2 inputs ("left", "right")');
  });

  it("one that only a dead end reads does not count", async () => {
    const graph = classifier();
    graph.add("Neg", [graph.input([-1, 6], "other")], {}, "dead_end");
    graph.sign("scores");
    expectSameNetworks(await networkOf(classifier()), await networkOf(graph));
  });
});

describe("weights", () => {
  it.each(["float16", "uint8", "uint16"] as const)(
    "quantised to %s are those of TensorFlow.js",
    async (storage) => {
      const graph = new GraphFile();
      const x = graph.input([-1, 4, 4, 3]);
      const y = graph.add("Conv2D", [x, graph.random([3, 3, 3, 4], -1, 1, storage)], {
        strides: integers(1, 1, 1, 1),
        dilations: integers(1, 1, 1, 1),
        padding: { s: btoa("SAME") },
      });
      graph.flat(graph.add("AddV2", [y, graph.random([4], -1, 1, storage)]));
      await expectSameAsTfjs(graph);
    },
  );

  it("missing ones are named", async () => {
    const graph = classifier();
    graph.weights.length = 0;
    await expect(networkOf(graph)).rejects.toThrow(
      /node "const_1" \(Const\): its value is not in the weights/,
    );
  });

  it("class names beside them are read", async () => {
    const graph = classifier();
    graph.extra.userDefinedMetadata = { classNames: ["a", "b", "c", "d"] };
    const network = await networkOf(graph);
    expect(network.classNames ?? []).toEqual(expect.any(Array));
  });
});

describe("a live tf.GraphModel", () => {
  it("is compiled like its file", async () => {
    const graph = classifier((other, scores) =>
      other.add("Softmax", [other.add("BiasAdd", [scores, other.random([4])])]),
    );
    graph.sign(graph.nodes[graph.nodes.length - 1].name);
    await using ours = await compile(await graph.live(), { backend: "reference" });
    const file = await networkOf(graph);
    expectSameNetworks(file, ours.network!);
    expect(ours.network!.strippedSoftmax).toBe(true);
  });

  it("that was disposed is an error in one line", async () => {
    const model = await classifier().live();
    model.dispose();
    await expect(loadModel(model)).rejects.toMatchObject({
      name: "ModelError",
      message: expect.stringMatching(/^loadModel: live tf.GraphModel: weight "const_1" cannot be read .*$/),
    });
  });
});

describe("what is refused", () => {
  it("control flow, all of its nodes, with the way out", async () => {
    const graph = classifier((other, scores) => {
      const loop = other.add("StatelessWhile", [scores, scores]);
      other.add("Identity", [other.add("TensorListStack", [`${loop}:1`])]);
    });
    const refused = networkOf(graph);
    await expect(refused).rejects.toThrow(/StatelessWhile/);
    await expect(refused).rejects.toThrow(/TensorListStack/);
    await expect(refused).rejects.toThrow(/it has control flow: export the network by tracing it/);
  });

  it("every operator that there is no importer for, in one line", async () => {
    const graph = classifier((other, scores) => {
      const a = other.add("Sin", [scores]);
      const b = other.add("Cos", [other.add("Sin", [a])]);
      other.add("AddV2", [b, b]);
    });
    await expect(networkOf(graph)).rejects.toMatchObject({
      name: "UnsupportedOperatorError",
      others: [expect.anything(), expect.anything()],
      message: expect.stringMatching(
        /^compile: layer .* uses Sin, .* \(nor Sin of 1 other layer, Cos of 1 other layer\); .*backend: "tfjs".*$/,
      ),
    });
  });

  it("the way out by TensorFlow.js is only for what it knows", async () => {
    const graph = classifier((other, scores) => other.add("MatrixInverse", [other.add("Sin", [scores])]));
    await expect(networkOf(graph)).rejects.toThrow(/^((?!tfjs).)*$/);
  });

  it("the file of TensorFlow.js 0.x, by its name", async () => {
    const bytes = Uint8Array.of(0x0a, 0x12, 0x0a, 0x05, 0x69);
    await withFiles(
      { "tensorflowjs_model.pb": bytes, "weights_manifest.json": '[{"paths": ["a"], "weights": []}]' },
      async (folder) => {
        await expect(loadModel(`${folder}/tensorflowjs_model.pb`)).rejects.toThrow(
          /it is a model of TensorFlow.js 0.x: convert it to a model.json/,
        );
        await expect(loadModel(`${folder}/weights_manifest.json`)).rejects.toThrow(/it is a list of weights/);
      },
    );
  });
});
