import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jacobian64 } from "../../src/engines/reference.js";
import { ModelError, UnsupportedOperatorError } from "../../src/errors.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import type { Network, NetworkSpec, NodeSpec, Operator } from "../../src/network/spec.js";

const f32 = (length: number) => new Float32Array(length).fill(0.25);
const at = <O extends Operator>(name: string, operator: O, ...inputs: string[]): NodeSpec<O> => ({
  ...operator,
  name,
  inputs,
});
const gemm = (inputs: number, units: number) =>
  ({ op: "Gemm", weights: f32(inputs * units), units }) as const;

const network = (
  nodes: readonly NodeSpec[],
  output = "scores",
  shape: readonly number[] = [2, 2, 1],
): NetworkSpec => ({
  input: { name: "image", shape },
  nodes,
  output,
});
const flat = at("flat", { op: "Flatten" }, "image");
const scores = at("scores", gemm(4, 3), "flat");
const names = (spec: NetworkSpec) => buildNetwork(spec).nodes.map(({ name }) => name);

describe("a valid description", () => {
  it("gets shapes, classes and a name", () => {
    const built = buildNetwork({ ...network([flat, scores]), classNames: ["a", "b", "c"] });
    expect(built).toMatchObject({ name: "network", output: "scores", classes: 3, strippedSoftmax: false });
    expect(built.input).toEqual({ name: "image", shape: [2, 2, 1] });
    expect(built.classNames).toEqual(["a", "b", "c"]);
    expect(built.nodes.map(({ shape, inputShapes }) => [shape, inputShapes])).toEqual([
      [[4], [[2, 2, 1]]],
      [[3], [[4]]],
    ]);
    expect(built.nodes[1]).toMatchObject({ op: "Gemm", weights: scores.weights, inputs: ["flat"] });
  });

  it("loses the nodes that do not reach the output, whatever they are", () => {
    const dead = [
      at("dead", { op: "Softmax" }, "scores"),
      at("unknown", { op: "LSTM" } as unknown as Operator, "dead"),
    ];
    expect(names(network([flat, ...dead, scores]))).toEqual(["flat", "scores"]);
  });

  it("may come in any order, and keeps a topological one", () => {
    const nodes = [
      flat,
      at("left", { op: "Relu" }, "flat"),
      at("right", { op: "Tanh" }, "flat"),
      at("sum", { op: "Add" }, "right", "left"),
      at("scores", gemm(4, 3), "sum"),
    ];
    const given = nodes.map(({ name }) => name);
    expect(names(network(nodes))).toEqual(given);
    fc.assert(
      fc.property(fc.shuffledSubarray(nodes, { minLength: nodes.length }), (shuffled) => {
        const order = names(network(shuffled));
        expect([...order].sort()).toEqual([...given].sort());
        for (const { name, inputs } of nodes)
          for (const input of inputs) expect(order.indexOf(input)).toBeLessThan(order.indexOf(name));
      }),
    );
  });

  it("may be too deep for recursion", () => {
    const depth = 30_000;
    const chain = Array.from({ length: depth }, (_, i) =>
      at(`n${i}`, { op: "Relu" }, i ? `n${i - 1}` : "image"),
    );
    const built = buildNetwork(network(chain.reverse(), `n${depth - 1}`, [2]));
    expect(built.nodes).toHaveLength(depth);
    expect(built.nodes[0].name).toBe("n0");
  });
});

describe("scores", () => {
  it.each([[[1, 1, 3]], [[1, 3]]])("of shape %j are flattened", (shape) => {
    const nodes = [flat, at("scores", gemm(4, 3), "flat"), at("map", { op: "Reshape", shape }, "scores")];
    const built = buildNetwork(network(nodes, "map"));
    expect(built).toMatchObject({ output: "map/Flatten", classes: 3 });
    expect(built.nodes.at(-1)).toEqual({
      ...{ op: "Flatten", name: "map/Flatten", inputs: ["map"] },
      ...{ shape: [3], inputShapes: [shape] },
    });
  });

  it("get a name that is free", () => {
    const map = at("map", { op: "Reshape", shape: [1, 3] }, "scores");
    const taken = { ...flat, name: "map/Flatten" };
    const built = buildNetwork(network([taken, at("scores", gemm(4, 3), "map/Flatten"), map], "map"));
    expect(built.output).toBe("map/Flatten_1");
  });

  it("may be the input itself, read by one node", () => {
    expect(buildNetwork(network([], "image", [5]))).toMatchObject({
      ...{ output: "image/Flatten", classes: 5 },
      nodes: [{ op: "Flatten", inputs: ["image"], shape: [5] }],
    });
  });

  it.each([
    [
      "no vector",
      network([flat], "image"),
      /output "image" has shape 2x2x1, expected a vector of class scores/,
    ],
    [
      "a softmax over one class",
      network([flat, at("z", gemm(4, 1), "flat"), at("scores", { op: "Softmax" }, "z")]),
      /has shape 1 and a softmax, which is 1 for every image/,
    ],
    [
      "a column",
      network([flat, at("scores", { op: "Reshape", shape: [4, 1] }, "flat")]),
      /has shape 4x1, expected a vector/,
    ],
    [
      "names of other classes",
      { ...network([flat, scores]), classNames: ["a"] },
      /classNames has 1 names, expected 3/,
    ],
  ])("are refused: %s", (_, spec, message) => {
    expect(() => buildNetwork(spec)).toThrow(ModelError);
    expect(() => buildNetwork(spec)).toThrow(message);
  });
});

describe("a final softmax", () => {
  const softmax = at("probabilities", { op: "Softmax" }, "scores");

  it("is stripped", () => {
    const built = buildNetwork(network([flat, scores, softmax], "probabilities"));
    expect(built).toMatchObject({ strippedSoftmax: true, output: "scores", classes: 3 });
    expect(built.nodes.map(({ op }) => op)).toEqual(["Flatten", "Gemm"]);
  });

  it("is stripped below nodes that rearrange nothing", () => {
    const tail = [
      at("a", { op: "Identity" }, "probabilities"),
      at("b", { op: "Reshape", shape: [1, 3] }, "a"),
      at("c", { op: "Flatten" }, "b"),
    ];
    const built = buildNetwork(network([flat, scores, softmax, ...tail], "c"));
    expect(built).toMatchObject({ strippedSoftmax: true, output: "c", classes: 3 });
    expect(built.nodes.map(({ op, inputs }) => [op, ...inputs])).toEqual([
      ["Flatten", "image"],
      ["Gemm", "flat"],
      ["Identity", "scores"],
      ["Reshape", "a"],
      ["Flatten", "b"],
    ]);
  });

  it("is stripped from [1, 1, C]", () => {
    const nodes = [
      at("map", { op: "Reshape", shape: [1, 1, 4] }, "image"),
      at("p", { op: "Softmax" }, "map"),
    ];
    expect(buildNetwork(network(nodes, "p"))).toMatchObject({ strippedSoftmax: true, output: "map/Flatten" });
  });

  it("may stand on the input", () => {
    const built = buildNetwork(network([at("p", { op: "Softmax" }, "image")], "p", [4]));
    expect(built).toMatchObject({ strippedSoftmax: true, output: "image/Flatten", classes: 4 });
  });

  it.each([
    ["before another layer", [flat, scores, softmax, at("out", gemm(3, 2), "probabilities")]],
    ["twice", [flat, scores, softmax, at("out", { op: "Softmax" }, "probabilities")]],
    [
      "over some of the classes",
      [at("p", { op: "Softmax" }, "image"), at("out", { op: "Flatten" }, "p")] as NodeSpec[],
    ],
  ])("stays %s", (_, nodes) => {
    expect(buildNetwork(network(nodes, "out", [2, 2, 1])).nodes.some(({ op }) => op === "Softmax")).toBe(
      true,
    );
  });

  it("is refused before another layer where it is a logarithm", () => {
    const nodes = [flat, scores, at("log", { op: "LogSoftmax" }, "scores"), at("out", gemm(3, 2), "log")];
    const build = () => buildNetwork(network(nodes, "out", [2, 2, 1]));
    expect(build).toThrow(UnsupportedOperatorError);
    expect(build).toThrow(/uses LogSoftmax \(a logarithm of softmax before the last layer\)/);
  });
});

describe("an inconsistent description is refused in one line", () => {
  const relu = { op: "Relu" } as const;
  const constant = at("k", { op: "Constant", shape: [3], data: f32(3) });
  const cases: [string, NetworkSpec, RegExp][] = [
    ["same name twice", network([flat, at("flat", relu, "image"), scores]), /two values are named "flat"/],
    ["the input's name", network([at("image", relu, "image"), flat, scores]), /two values are named "image"/],
    ["unknown input", network([flat, at("scores", relu, "flaat")]), /node "scores" \(Relu\) reads "flaat"/],
    ["unknown output", network([flat, scores], "logits"), /output is "logits"/],
    [
      "cycle",
      network([
        flat,
        at("a", { op: "Add" }, "flat", "c"),
        at("b", relu, "a"),
        at("c", relu, "b"),
        at("scores", relu, "c"),
      ]),
      /nodes "(a" -> "b" -> "c" -> "a|b" -> "c" -> "a" -> "b|c" -> "a" -> "b" -> "c)" form a cycle/,
    ],
    [
      "self-loop",
      network([at("scores", { op: "Add" }, "image", "scores")]),
      /"scores" -> "scores" form a cycle/,
    ],
    ["scores of nothing", network([flat, constant], "k"), /output "k" does not depend on input "image"/],
    [
      "batch axis",
      network([flat, scores], "scores", [1, 2, 2, 1]),
      /input.shape is 1,2,2,1, expected 1 to 3/,
    ],
    ["no axis", network([flat, scores], "scores", []), /input.shape is , expected/],
    ["unknown size", network([flat, scores], "scores", [-1, 2, 1]), /input.shape is -1,2,1/],
    ["fractional size", network([flat, scores], "scores", [2.5, 2, 1]), /input.shape is 2.5,2,1/],
    [
      "huge input",
      network([flat, scores], "scores", [2 ** 20, 2 ** 20, 1]),
      /expected at most 1073741824 values/,
    ],
    ["no input", { nodes: [], output: "x" } as unknown as NetworkSpec, /input.name is undefined/],
    ["no nodes", { ...network([]), nodes: undefined } as unknown as NetworkSpec, /nodes is undefined/],
    ["null node", network([null] as unknown as NodeSpec[]), /nodes\[0\] has no name or no inputs/],
    ["node without inputs", network([{ op: "Relu", name: "a" } as unknown as NodeSpec]), /nodes\[0\]/],
    [
      "wrong weights",
      network([flat, at("scores", gemm(5, 3), "flat")]),
      /node "scores" \(Gemm\): weights has 15/,
    ],
    ["arity", network([flat, at("scores", relu, "flat", "flat")]), /it has 2 inputs, expected 1/],
  ];
  it.each(cases)("%s", (_, spec, message) => {
    expect(() => buildNetwork(spec)).toThrow(ModelError);
    expect(() => buildNetwork(spec)).toThrow(message);
    expect(() => buildNetwork(spec)).toThrow(/^compile: .*$/);
  });

  it("unknown operator", () => {
    const lstm = { op: "LSTM" } as unknown as Operator;
    expect(() => buildNetwork(network([at("scores", lstm, "image")]))).toThrow(UnsupportedOperatorError);
  });
});

describe("a final sigmoid", () => {
  const sigmoid = at("probabilities", { op: "Sigmoid" }, "scores");

  it("over several outputs is stripped, and told", () => {
    const built = buildNetwork(network([flat, scores, sigmoid], "probabilities"));
    expect(built).toMatchObject({ strippedSigmoid: true, strippedSoftmax: false, singleScore: false });
    expect(built).toMatchObject({ output: "scores", classes: 3 });
  });

  it("is stripped once: a network that was built keeps what it has", () => {
    const twice = [flat, scores, sigmoid, at("p", { op: "Softmax" }, "probabilities")];
    const built = buildNetwork(network(twice, "p"));
    expect(built).toMatchObject({ strippedSoftmax: true, strippedSigmoid: false, output: "probabilities" });
    expect(buildNetwork(built)).toEqual(built);
    expect(simplify(built).nodes.map(({ op }) => op)).toEqual(["Flatten", "Gemm", "Sigmoid"]);
  });

  it.each([
    ["sigmoid", { op: "Sigmoid" }],
    ["hard sigmoid", { op: "HardSigmoid", alpha: 0.2, beta: 0.5 }],
  ] as const)("over one output is stripped, %s: the classes have the scores 0 and z", (_, op) => {
    const spec = network([flat, at("z", gemm(4, 1), "flat"), at("p", op, "z")], "p");
    const built = buildNetwork({ ...spec, classNames: ["cat", "dog"] });
    expect(built).toMatchObject({
      strippedSigmoid: true,
      singleScore: true,
      classes: 2,
      output: "z/Classes",
    });
    expect(built.classNames).toEqual(["cat", "dog"]);
    expect(logitsOf(built)).toEqual([
      0,
      logitsOf(buildNetwork(network([flat, at("z", gemm(4, 1), "flat")], "z")))[1],
    ]);
    expect(buildNetwork(built)).toEqual(built);
    expect(buildNetwork({ ...spec, classNames: ["dog"] }).classNames).toEqual(["not dog", "dog"]);
    expect(() => buildNetwork({ ...spec, classNames: ["a", "b", "c"] })).toThrow("has 3 names, expected 2");
  });

  it("that one score has none of is told", () => {
    const built = buildNetwork(network([flat, at("scores", gemm(4, 1), "flat")]));
    expect(built).toMatchObject({ strippedSigmoid: false, singleScore: true, classes: 2 });
  });

  it("that saturates elsewhere than evenly stays", () => {
    const op = { op: "HardSigmoid", alpha: 0.2, beta: 0.25 } as const;
    const built = buildNetwork(network([flat, at("z", gemm(4, 1), "flat"), at("scores", op, "z")]));
    expect(built).toMatchObject({ strippedSigmoid: false, singleScore: true });
    expect(built.nodes.map((node) => node.op)).toEqual(["Flatten", "Gemm", "HardSigmoid", "Gemm"]);
  });
});

function logitsOf(built: Network): number[] {
  return [
    ...jacobian64(built, resolveInput({}, 1), Float64Array.of(0.1, 0.7, 0.2, 0.9), Int32Array.of(0)).logits,
  ];
}
