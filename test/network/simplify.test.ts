import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../src/network/build.js";
import { simplify } from "../../src/network/simplify.js";
import type { Network, NodeSpec, Operator, Shape } from "../../src/network/spec.js";

const f32 = (...values: number[]) => Float32Array.from(values);
const at = (name: string, operator: Operator, ...inputs: string[]): NodeSpec => ({
  ...operator,
  name,
  inputs,
});
const constant = (name: string, shape: Shape, ...data: number[]) =>
  at(name, { op: "Constant", shape, data: f32(...data) });
const build = (shape: Shape, nodes: NodeSpec[], output = nodes[nodes.length - 1].name): Network =>
  buildNetwork({ input: { name: "image", shape }, nodes, output });
/** `name: op(inputs)` of every node. */
const listing = (network: Network) =>
  network.nodes.map(({ name, op, inputs }) => `${name}: ${op}(${inputs.join(", ")})`);
const simplified = (shape: Shape, nodes: NodeSpec[], output?: string) =>
  listing(simplify(build(shape, nodes, output)));

const conv = {
  op: "Conv",
  weights: f32(1, 2, 3, 4),
  bias: f32(1, -1),
  filters: 2,
  kernel: [1, 2],
  strides: [1, 1],
  dilations: [1, 1],
  pads: [0, 1, 0, 0],
  groups: 1,
} as const satisfies Operator;
const norm = {
  op: "BatchNormalization",
  scale: f32(2, -3),
  bias: f32(0.5, 0.25),
  mean: f32(10, 20),
  variance: f32(3, 15),
  epsilon: 1,
} as const satisfies Operator; // x -> [x - 9.5, -0.75 x + 15.25]
const relu = { op: "Relu" } as const;
const identity = { op: "Identity" } as const;
const pad = { op: "Pad", pads: [1, 2, 3, 4] } as const satisfies Operator;
const head = (input: string) => at("scores", { op: "GlobalAveragePool" }, input);
const image: Shape = [4, 4, 1];

describe("per-channel affine nodes after Conv and Gemm", () => {
  it("batch normalisation folds", () => {
    const network = build(image, [at("conv", conv, "image"), at("norm", norm, "conv"), head("norm")]);
    expect(listing(simplify(network))).toEqual(["norm: Conv(image)", "scores: GlobalAveragePool(norm)"]);
    expect(simplify(network).nodes[0]).toMatchObject({ weights: f32(1, -1.5, 3, -3), bias: f32(-8.5, 16) });
    expect(network.nodes[0]).toMatchObject({ name: "conv", weights: f32(1, 2, 3, 4), bias: f32(1, -1) });
  });

  it("a chain with constants on either side folds and is rounded once", () => {
    const third = Math.fround(1 / 3);
    const nodes = [
      constant("a", [2], third, 2),
      constant("b", [1, 1, 2], 1, 10),
      constant("c", [1], 7),
      at("conv", { ...conv, bias: undefined }, "image"),
      at("scaled", { op: "Mul" }, "conv", "a", "a"),
      at("minus", { op: "Sub" }, "scaled", "b"),
      at("turned", { op: "Sub" }, "c", "minus"),
      at("sum", { op: "Add" }, "c", "turned", "b"),
      head("sum"),
    ];
    const network = simplify(build(image, nodes));
    expect(listing(network)).toEqual(["sum: Conv(image)", "scores: GlobalAveragePool(sum)"]);
    const square = third * third;
    // c + (c - (a a x - b)) + b = -a a x + 2 b + 2 c
    expect(network.nodes[0]).toMatchObject({
      weights: f32(-square, -8, -3 * square, -16),
      bias: f32(16, 34),
    });
  });

  it("shares the weights where only the bias changes", () => {
    const nodes = [
      constant("k", [2], 1, 2),
      at("conv", conv, "image"),
      at("sum", { op: "Add" }, "conv", "k"),
    ];
    const [folded] = simplify(build(image, [...nodes, head("sum")])).nodes;
    expect(folded).toMatchObject({ op: "Conv", bias: f32(2, 1) });
    expect((folded as typeof conv).weights).toBe(conv.weights);
  });

  it.each<[string, NodeSpec[], Shape?]>([
    [
      "a second reader",
      [at("x", conv, "image"), at("n", norm, "x"), at("sum", { op: "Add" }, "n", "x"), head("sum")],
    ],
    ["two reads by one node", [at("x", conv, "image"), at("sum", { op: "Add" }, "x", "x"), head("sum")]],
    [
      "no layer before",
      [
        at("relu", relu, "image"),
        at("c", { op: "Concat", axis: 2 }, "relu", "relu"),
        at("n", norm, "c"),
        head("n"),
      ],
    ],
    [
      "a constant per pixel",
      [
        constant("k", [1, 5, 1], 1, 2, 3, 4, 5),
        at("x", { ...conv, pads: [0, 1, 0, 1] }, "image"),
        at("s", { op: "Add" }, "x", "k"),
        head("s"),
      ],
    ],
    [
      "a constant that broadcasts the layer",
      [
        constant("k", [1, 2], 1, 2),
        at("x", { op: "Gemm", weights: f32(1, 2), units: 2 }, "image"),
        at("scores", { op: "Add" }, "x", "k"),
      ],
      [1],
    ],
    [
      "float32 overflow",
      [constant("k", [1], 3e38), at("x", conv, "image"), at("s", { op: "Mul" }, "x", "k"), head("s")],
    ],
    [
      "another reader of the output",
      [at("x", { op: "Gemm", weights: f32(1, 2), units: 2 }, "image"), at("n", norm, "x")],
      [1],
    ],
  ])("stay where folding would be wrong: %s", (name, nodes, shape = image) => {
    const network = build(shape, nodes, name === "another reader of the output" ? "x" : undefined);
    const after = simplify(network).nodes.filter(({ op }) => op !== "Flatten");
    expect(after.map(({ name }) => name)).toEqual(
      network.nodes.flatMap(({ name, op }) => (op === "Flatten" ? [] : [name])),
    );
  });
});

describe("zero padding", () => {
  it("folds into a convolution, through other padding too", () => {
    const nodes = [at("p", pad, "image"), at("q", pad, "p"), at("conv", conv, "q"), head("conv")];
    const network = simplify(build(image, nodes));
    expect(listing(network)).toEqual(["conv: Conv(image)", "scores: GlobalAveragePool(conv)"]);
    expect(network.nodes[0]).toMatchObject({ pads: [2, 5, 6, 8], shape: [12, 16, 2] });
  });

  it("stays before a pool and where something else reads it", () => {
    const pool = { op: "MaxPool", kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] } as const;
    const nodes = [at("p", pad, "image"), at("pool", pool, "p"), at("x", conv, "pool"), head("x")];
    expect(simplified(image, nodes)).toEqual(listing(build(image, nodes)));
    const shared = [
      at("p", pad, "image"),
      at("x", conv, "p"),
      at("sum", { op: "Add" }, "x", "p"),
      head("sum"),
    ];
    expect(simplified(image, shared)).toEqual(listing(build(image, shared)));
  });
});

describe("nodes that change nothing", () => {
  it.each<[string, Operator]>([
    ["Identity", identity],
    ["Flatten", { op: "Flatten" }],
    ["Reshape", { op: "Reshape", shape: [3] }],
    ["Slice", { op: "Slice", starts: [0], ends: [3] }],
    ["Concat", { op: "Concat", axis: 0 }],
    ["Transpose", { op: "Transpose", perm: [0] }],
  ])("%s goes", (_, operator) => {
    expect(simplified([3], [at("x", operator, "image"), at("scores", relu, "x")])).toEqual([
      "scores: Relu(image)",
    ]);
  });

  it("of images go", () => {
    const chain: Operator[] = [
      { op: "Pad", pads: [0, 0, 0, 0] },
      { op: "Resize", mode: "nearest", coordinates: "align_corners", size: [4, 4] },
      { op: "AveragePool", kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
      { op: "Transpose", perm: [0, 1, 2] },
    ];
    const nodes = chain.map((operator, i) => at(`n${i}`, operator, i ? `n${i - 1}` : "image"));
    expect(simplified(image, [...nodes, at("conv", conv, "n3"), head("conv")])).toEqual([
      "conv: Conv(image)",
      "scores: GlobalAveragePool(conv)",
    ]);
  });

  it("that do change something stay", () => {
    const nodes = [
      at("t", { op: "Transpose", perm: [1, 0, 2] }, "image"),
      at("s", { op: "Slice", starts: [0, 0, 0], ends: [4, 3, 1] }, "t"),
      at("p", { op: "MaxPool", kernel: [1, 1], strides: [2, 1], pads: [0, 0, 0, 0] }, "s"),
      at("scores", { op: "Flatten" }, "p"),
    ];
    expect(simplified(image, nodes)).toEqual(listing(build(image, nodes)));
  });

  it("reshapes join", () => {
    const nodes = [
      at("a", { op: "Reshape", shape: [2, 8] }, "image"),
      at("b", { op: "Reshape", shape: [8, 2] }, "a"),
      at("scores", { op: "Flatten" }, "b"),
    ];
    expect(simplified(image, nodes)).toEqual(["scores: Flatten(image)"]);
    const back = [
      ...nodes.slice(0, 2),
      at("c", { op: "Reshape", shape: image }, "b"),
      at("x", conv, "c"),
      head("x"),
    ];
    expect(simplified(image, back)).toEqual(["x: Conv(image)", "scores: GlobalAveragePool(x)"]);
  });

  it("an identity of a reshape is that reshape", () => {
    const nodes = [
      at("flat", { op: "Flatten" }, "image"),
      at("dropout", identity, "flat"),
      at("scores", { op: "Gemm", units: 2, weights: new Float32Array(32) }, "dropout"),
    ];
    expect(simplified(image, nodes)).toEqual(["flat: Flatten(image)", "scores: Gemm(flat)"]);
  });

  it("leave the output its name", () => {
    const end = [at("x", relu, "image"), at("y", identity, "x"), at("z", identity, "y")];
    expect(simplified([3], end)).toEqual(["z: Relu(image)"]);
    const fork = [
      at("x", relu, "image"),
      at("y", { op: "Tanh" }, "x"),
      at("z", identity, "x"),
      at("s", identity, "z"),
    ];
    expect(simplified([3], [...fork, at("sum", { op: "Add" }, "y", "x")], "s")).toEqual(["s: Relu(image)"]);
    expect(simplified([3], [at("z", identity, "image")])).toEqual(["z: Identity(image)"]);
  });
});

describe("constants", () => {
  it("fold whatever makes them, rounded once", () => {
    const nodes = [
      constant("a", [3], 1, 2, 3),
      constant("b", [1], 1 / 3),
      at("c", { op: "Mul" }, "a", "b"),
      at("d", { op: "Mul" }, "c", "b"),
      at("e", { op: "Softplus" }, "d"),
      at("scores", { op: "Add" }, "image", "e"),
    ];
    const network = simplify(build([3], nodes));
    expect(listing(network)).toEqual(["e: Constant()", "scores: Add(image, e)"]);
    const third = Math.fround(1 / 3);
    const exact = [1, 2, 3].map((a) => Math.log1p(Math.exp(a * third * third)));
    const [{ data }] = network.nodes as unknown as [{ data: Float32Array }];
    // Half a unit in the last place of values below 2, and float64 noise.
    exact.forEach((value, i) => {
      expect(Math.abs(data[i] - value)).toBeLessThanOrEqual(2 ** -24 * 1.001);
    });
  });

  it("stay where float32 cannot hold the value", () => {
    const nodes = [
      constant("a", [1], 3e38),
      at("b", { op: "Mul" }, "a", "a"),
      at("scores", { op: "Add" }, "image", "b"),
    ];
    expect(simplified([3], nodes)).toEqual(listing(build([3], nodes)));
  });
});

describe("values of which a part is read", () => {
  const normal = { op: "LayerNormalization", epsilon: 1 } as const;
  const dense = (inputs: number, units: number): Operator => ({
    op: "Gemm",
    units,
    weights: new Float32Array(inputs * units).fill(1),
  });
  const row = (starts: number[], ends: number[]) => ({ op: "Slice", starts, ends }) as const;
  const shapes = (network: Network) =>
    network.nodes.map(({ name, op, shape }) => `${name}: ${op} ${shape.join("x")}`);

  it("are computed for that part alone, whatever is between", () => {
    const network = build(
      [6, 4],
      [
        at("a", dense(4, 8), "image"),
        at("heads", { op: "Reshape", shape: [6, 2, 4] }, "a"),
        at("turned", { op: "Transpose", perm: [1, 0, 2] }, "heads"),
        at("back", { op: "Transpose", perm: [1, 0, 2] }, "turned"),
        at("flat", { op: "Reshape", shape: [6, 8] }, "back"),
        constant("offset", [6, 8], ...Array.from({ length: 48 }, (_, i) => i)),
        at("sum", { op: "Add" }, "flat", "offset"),
        at("norm", normal, "sum"),
        at("token", row([2, 0], [3, 8]), "norm"),
        at("vector", { op: "Reshape", shape: [8] }, "token"),
        at("scores", dense(8, 3), "vector"),
      ],
    );
    expect(shapes(simplify(network)).map((text) => text.replaceAll("\u0000", " "))).toEqual([
      "image 2,0 3,4: Slice 1x4",
      "a: Gemm 1x8",
      "heads: Reshape 1x2x4",
      "turned: Transpose 2x1x4",
      "back: Transpose 1x2x4",
      "flat: Reshape 1x8",
      "offset 2,0 3,8: Constant 1x8",
      "sum: Add 1x8",
      "norm: LayerNormalization 1x8",
      "vector: Reshape 8",
      "scores: Gemm 3",
    ]);
    const offset = simplify(network).nodes.find(({ op }) => op === "Constant");
    expect(offset).toMatchObject({ data: f32(16, 17, 18, 19, 20, 21, 22, 23) });
  });

  it("are computed for the box around all that is read", () => {
    const network = build(
      [6, 4],
      [
        at("a", dense(4, 4), "image"),
        at("second", row([1, 0], [2, 4]), "a"),
        at("chosen", { op: "Gather", axis: 0, indices: [3, 2] }, "a"),
        at("both", { op: "Concat", axis: 0 }, "second", "chosen"),
        at("flat", { op: "Flatten" }, "both"),
        at("scores", dense(12, 2), "flat"),
      ],
    );
    const { nodes } = simplify(network);
    expect(shapes(simplify(network)).slice(0, 5)).toEqual([
      "image\u00001,0\u00004,4: Slice 3x4",
      "a: Gemm 3x4",
      "second: Slice 1x4",
      "a\u00001,0\u00003,4: Slice 2x4",
      "chosen: Gather 2x4",
    ]);
    expect(nodes.find(({ name }) => name === "chosen")).toMatchObject({ indices: [1, 0] });
  });

  it("are whole behind a function that has a slope for each unit, and keep those of channels", () => {
    const nodes = (slope: Float32Array) => [
      at("a", dense(4, 4), "image"),
      at("b", { op: "PRelu", slope }, "a"),
      at("part", row([0, 1], [2, 4]), "b"),
      at("flat", { op: "Flatten" }, "part"),
      at("scores", dense(6, 2), "flat"),
    ];
    const made = (length: number) =>
      shapes(simplify(build([6, 4], nodes(new Float32Array(length).fill(0.5))))).slice(0, 3);
    expect(made(24)).toEqual(["a: Gemm 6x4", "b: PRelu 6x4", "part: Slice 2x3"]);
    expect(made(4)).toEqual(["image\u00000,0\u00002,4: Slice 2x4", "a: Gemm 2x4", "b: PRelu 2x4"]);
  });

  it("stay whole where that saves no multiply-add, and the image does", () => {
    const nodes = [
      at("a", relu, "image"),
      at("part", row([0, 0], [2, 4]), "a"),
      at("flat", { op: "Flatten" }, "part"),
      at("scores", dense(8, 2), "flat"),
    ];
    expect(simplified([6, 4], nodes)).toEqual([
      "a: Relu(image)",
      "part: Slice(a)",
      "flat: Flatten(part)",
      "scores: Gemm(flat)",
    ]);
  });
});
