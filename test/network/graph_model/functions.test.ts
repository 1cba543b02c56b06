import { describe, expect, it } from "vitest";
import { type Comparison, expectSameAsTfjs, networkOf } from "./agreement.js";
import { type Attribute, flag, float, GraphFile, type } from "./fixtures.js";

const SHAPE = [-1, 3, 4, 2];

/** Operators of one value. */
const UNARY: [op: string, attributes?: Record<string, Attribute>, options?: Comparison][] = [
  ["Relu"],
  ["Relu6", {}, { low: -4, high: 10 }],
  ["Elu"],
  ["Selu"],
  ["Sigmoid"],
  ["Tanh"],
  ["Softplus"],
  ["LeakyRelu", { alpha: float(0.3) }],
  ["LeakyRelu"],
  ["Exp"],
  ["Expm1"],
  ["Log", {}, { low: 0.2, high: 3 }],
  ["Log1p", {}, { low: -0.5, high: 3 }],
  ["Sqrt", {}, { low: 0.2, high: 3 }],
  ["Rsqrt", {}, { low: 0.2, high: 3 }],
  ["Reciprocal", {}, { low: 0.2, high: 3 }],
  ["Inv", {}, { low: 0.2, high: 3 }],
  ["Square"],
  ["Erf"],
  ["Abs"],
  ["Neg"],
  ["Sign"],
  ["Identity"],
  ["StopGradient"],
  ["Snapshot"],
  ["Cast", { SrcT: type("DT_FLOAT"), DstT: type("DT_FLOAT"), Truncate: flag(false) }],
];

/** TensorFlow.js does not know them. */
const UNKNOWN_THERE = ["Inv"];

describe("functions of one value", () => {
  it.each(UNARY)("%s %j", async (...[op, attributes = {}, options = {}]) => {
    const graph = new GraphFile();
    graph.end(graph.add(op, [graph.input(SHAPE)], attributes));
    if (!UNKNOWN_THERE.includes(op)) await expectSameAsTfjs(graph, options);
    else expect((await networkOf(graph)).nodes.length).toBeGreaterThan(0);
  });

  it("of constants, they are computed while the graph is read", async () => {
    const ops = UNARY.filter(
      ([op]) => op !== "StopGradient" && op !== "Snapshot" && !UNKNOWN_THERE.includes(op),
    );
    for (const [op, attributes = {}, options = {}] of ops) {
      const graph = new GraphFile();
      const { low = -2, high = 2 } = options;
      const constant = graph.add(op, [graph.random([3, 4, 2], low, high)], attributes);
      graph.flat(graph.add("AddV2", [graph.input(SHAPE), constant]));
      const { nodes } = await expectSameAsTfjs(graph, { images: 1, wasm: false });
      expect(
        nodes.map((node) => node.op),
        op,
      ).toEqual(expect.arrayContaining(["Add", "Constant"]));
      expect(nodes.length, op).toBeLessThanOrEqual(3);
    }
  });

  it.each([
    ["of each channel", [2]],
    ["of every value", [3, 4, 2]],
    ["of all", [1, 1, 1]],
    ["of rows", [3, 1, 1]],
  ])("Prelu with a slope %s", async (_, dims) => {
    const graph = new GraphFile();
    graph.flat(graph.add("Prelu", [graph.input(SHAPE), graph.random(dims)]));
    await expectSameAsTfjs(graph);
  });

  it("ClipByValue", async () => {
    const graph = new GraphFile();
    graph.flat(graph.add("ClipByValue", [graph.input(SHAPE), graph.floats(-0.5), graph.floats(0.75)]));
    await expectSameAsTfjs(graph);
  });

  it("IdentityN passes each of its values on", async () => {
    const graph = new GraphFile();
    const x = graph.input(SHAPE);
    const both = graph.add("IdentityN", [x, graph.add("Neg", [x])]);
    graph.flat(graph.add("Sub", [`${both}:1`, graph.random([2])]));
    await expectSameAsTfjs(graph);
  });

  it("PlaceholderWithDefault of a constant is the constant", async () => {
    const graph = new GraphFile();
    const attributes = { dtype: type("DT_FLOAT"), shape: { shape: {} } };
    const factor = graph.add("PlaceholderWithDefault", [graph.floats(0.5)], attributes);
    graph.flat(graph.add("Mul", [graph.input(SHAPE), factor]));
    expect((await networkOf(graph)).classes).toBe(24);
  });
});

describe("arithmetic of two values", () => {
  const OPS = ["Add", "AddV2", "Sub", "Mul", "Div", "RealDiv", "Maximum", "Minimum", "SquaredDifference"];

  it.each(OPS)("%s of two images, and of an image and constants on either side", async (op) => {
    const quotient = op === "Div" || op === "RealDiv";
    const range = quotient ? { low: 0.5, high: 2 } : {};
    const constant = (graph: GraphFile, dims: readonly number[]) =>
      quotient ? graph.random(dims, 0.5, 2) : graph.random(dims);
    const build: readonly ((graph: GraphFile, x: string) => string[])[] = [
      (graph, x) => [x, graph.add("Add", [x, graph.random([3, 4, 1], 1, 2)])],
      (graph, x) => [x, constant(graph, [])],
      (graph, x) => [constant(graph, []), x],
      (graph, x) => [x, constant(graph, [2])],
      (graph, x) => [constant(graph, [4, 1]), x],
      (graph, x) => [x, constant(graph, [1, 3, 4, 2])],
      (graph, x) => [
        x,
        graph.add("Exp", [graph.add("Max", [x, graph.integers([1, 2])], { keep_dims: flag(true) })]),
      ],
    ];
    for (const inputs of build) {
      const graph = new GraphFile();
      const x = graph.input(SHAPE);
      graph.flat(graph.add(op, inputs(graph, x)));
      await expectSameAsTfjs(graph, { images: 2, ...range });
    }
  });

  it.each(OPS)("%s of constants", async (op) => {
    const graph = new GraphFile();
    const constant = graph.add(op, [graph.random([4, 1], 0.5, 2), graph.random([2], 0.5, 2)]);
    graph.flat(graph.add("Mul", [graph.input(SHAPE), constant]));
    await expectSameAsTfjs(graph, { images: 1 });
  });

  it("AddN of one, of three", async () => {
    const one = new GraphFile();
    one.flat(one.add("AddN", [one.input(SHAPE)], { N: { i: "1" } }));
    await expectSameAsTfjs(one);
    const three = new GraphFile();
    const x = three.input(SHAPE);
    const all = [x, three.add("Neg", [three.add("Relu", [x])]), three.random([1, 3, 4, 2])];
    three.flat(three.add("AddN", all, { N: { i: "3" } }));
    await expectSameAsTfjs(three);
  });

  it.each([1, 2, 3, 0.5, -1])("Pow by %d", async (exponent) => {
    const graph = new GraphFile();
    graph.flat(graph.add("Pow", [graph.input(SHAPE), graph.floats(exponent)]));
    await expectSameAsTfjs(graph, { low: 0.3, high: 2 });
  });

  it("relu6 as Minimum(Maximum(x, 0), 6) is a relu and a clip", async () => {
    const graph = new GraphFile();
    const cut = graph.add("Maximum", [graph.input(SHAPE), graph.floats(0)]);
    graph.flat(graph.add("Minimum", [graph.floats(6), cut]));
    const { nodes } = await expectSameAsTfjs(graph, { low: -4, high: 10 });
    expect(nodes.map(({ op }) => op)).toEqual(["Relu", "Clip", expect.anything()]);
  });
});

describe("functions that a graph spells out", () => {
  const compositions: Readonly<Record<string, (graph: GraphFile, x: string) => string>> = {
    swish: (graph, x) => graph.add("Mul", [x, graph.add("Sigmoid", [x])]),
    mish: (graph, x) => graph.add("Mul", [x, graph.add("Tanh", [graph.add("Softplus", [x])])]),
    "hard swish": (graph, x) => {
      const gate = graph.add("Relu6", [graph.add("AddV2", [x, graph.floats(3)])]);
      return graph.add("Mul", [x, graph.add("Mul", [gate, graph.floats(1 / 6)])]);
    },
    gelu: (graph, x) => {
      const half = graph.add("Mul", [x, graph.floats(0.5)]);
      const erf = graph.add("Erf", [graph.add("RealDiv", [x, graph.floats(Math.SQRT2)])]);
      return graph.add("Mul", [half, graph.add("AddV2", [erf, graph.floats(1)])]);
    },
    "gelu by tanh": (graph, x) => {
      const cube = graph.add("Pow", [x, graph.floats(3)]);
      const sum = graph.add("AddV2", [x, graph.add("Mul", [cube, graph.floats(0.044715)])]);
      const tanh = graph.add("Tanh", [graph.add("Mul", [sum, graph.floats(Math.sqrt(2 / Math.PI))])]);
      const half = graph.add("Mul", [graph.floats(0.5), x]);
      return graph.add("Mul", [half, graph.add("AddV2", [graph.floats(1), tanh])]);
    },
    "normalisation to length 1": (graph, x) => {
      const sum = graph.add("Sum", [graph.add("Square", [x]), graph.integers([-1])], {
        keep_dims: flag(true),
      });
      const norm = graph.add("Rsqrt", [graph.add("Maximum", [sum, graph.floats(1e-12)])]);
      return graph.add("Mul", [x, norm]);
    },
    "layer normalisation": (graph, x) => {
      const keep = { keep_dims: flag(true) };
      const mean = graph.add("Mean", [x, graph.integers([3])], keep);
      const squares = graph.add("SquaredDifference", [x, graph.add("StopGradient", [mean])]);
      const variance = graph.add("Mean", [squares, graph.integers([3])], keep);
      const scale = graph.add("Rsqrt", [graph.add("AddV2", [variance, graph.floats(1)])]);
      const factor = graph.add("Mul", [scale, graph.random([2])]);
      const offset = graph.add("Sub", [graph.random([2]), graph.add("Mul", [mean, factor])]);
      return graph.add("AddV2", [graph.add("Mul", [x, factor]), offset]);
    },
  };

  it.each(Object.keys(compositions))("%s", async (name) => {
    const graph = new GraphFile();
    graph.flat(compositions[name](graph, graph.input(SHAPE)));
    await expectSameAsTfjs(graph);
  });
});

describe("logic of constants", () => {
  it.each([
    ["Equal", [3, 3], 2],
    ["NotEqual", [3, 3], 5],
    ["Less", [2, 3], 2],
    ["LessEqual", [3, 3], 2],
    ["Greater", [3, 2], 2],
    ["GreaterEqual", [2, 3], 5],
  ] as const)("%s %j chooses a factor of %d", async (op, [a, b], factor) => {
    const graph = new GraphFile();
    const condition = graph.add(op, [graph.floats(a), graph.floats(b)]);
    const both = graph.add("LogicalAnd", [condition, graph.boolean(true)]);
    const either = graph.add("LogicalOr", [both, graph.boolean(false)]);
    const same = graph.add("LogicalNot", [graph.add("LogicalNot", [either])]);
    const chosen = graph.add("SelectV2", [same, graph.floats(2), graph.floats(5)]);
    graph.flat(graph.add("Mul", [graph.input(SHAPE), chosen]));
    const { nodes } = await expectSameAsTfjs(graph, { images: 1 });
    expect(nodes.flatMap((node) => (node.op === "Constant" ? [...node.data] : []))).toEqual([factor]);
  });

  it.each([
    ["SelectV2", [1, 0, 1, 0], [4, 1]],
    ["SelectV2", [1, 0], [2]],
    ["Select", Array.from({ length: 24 }, (_, i) => i % 3), [1, 3, 4, 2]],
  ])("%s of values by a constant %j of shape %j", async (op, values, dims) => {
    const graph = new GraphFile();
    const x = graph.input(SHAPE);
    const condition = graph.add("NotEqual", [graph.integers(values, dims), graph.integers(0)]);
    graph.flat(graph.add(op, [condition, graph.add("Exp", [x]), graph.add("Neg", [x])]));
    await expectSameAsTfjs(graph);
  });

  it("FloorDiv, FloorMod, Floor, Ceil, Round and Select of shapes", async () => {
    const graph = new GraphFile();
    const x = graph.input(SHAPE);
    const half = graph.add("FloorDiv", [graph.integers([-1, 7]), graph.integers([2, 2])]);
    const rest = graph.add("FloorMod", [graph.integers([-1, 7]), graph.integers([4, 4])]);
    const rounded = ["Floor", "Ceil", "Round"].map((op) => graph.add(op, [graph.floats([-1.5, 2.5])]));
    const sum = graph.add("AddN", rounded);
    const floats = [half, rest].map((one) =>
      graph.add("Cast", [one], { SrcT: type("DT_INT32"), DstT: type("DT_FLOAT") }),
    );
    const chosen = graph.add("Select", [graph.boolean(true), graph.add("AddN", [sum, ...floats]), sum]);
    graph.flat(graph.add("Mul", [x, chosen]));
    await expectSameAsTfjs(graph);
  });
});
