import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { operatorNames } from "../../../src/network/import/graph_model/operators/registry.js";
import { expectSameAsTfjs, expectSameNetworks, networkOf } from "./agreement.js";
import { type Attribute, flag, GraphFile, integer, shape, text, texts, type } from "./fixtures.js";

const SHAPE = [-1, 3, 4, 2];

it("every operator of the importer stands in a test", () => {
  // Constants are written by the fixtures.
  const names = operatorNames().filter((name) => name !== "Const");
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"))
    .join("\n");
  expect(names.filter((name) => !new RegExp(`["\`]${name}\\b`).test(tests))).toEqual([]);
});

describe("what few graphs have", () => {
  it("Concat, with its axis first, and EnsureShape", async () => {
    const graph = new GraphFile();
    const x = graph.add("EnsureShape", [graph.input(SHAPE)], { shape: shape(SHAPE) });
    graph.flat(graph.add("Concat", [graph.integers(3), x, graph.add("Neg", [x])], { N: integer(2) }));
    const plain = new GraphFile();
    const y = plain.input(SHAPE);
    plain.flat(plain.add("ConcatV2", [y, plain.add("Neg", [y]), plain.integers(3)], { N: integer(2) }));
    expectSameNetworks(await expectSameAsTfjs(plain), await networkOf(graph));
  });

  it("Gather, which takes rows, of constants", async () => {
    const graph = new GraphFile();
    const rows = graph.add("Gather", [graph.random([5, 2]), graph.integers([4, 0, 2, 2])]);
    graph.flat(graph.add("Mul", [graph.input(SHAPE), rows]));
    await expectSameAsTfjs(graph);
  });

  it("EuclideanNorm", async () => {
    const graph = new GraphFile();
    const attributes = { keep_dims: flag(false) };
    graph.flat(graph.add("EuclideanNorm", [graph.input(SHAPE), graph.integers([3])], attributes));
    await expectSameAsTfjs(graph);
  });

  it("All, Any and Mod of constants", async () => {
    const graph = new GraphFile();
    const bits = graph.add("Greater", [graph.floats([1, 2, 3]), graph.floats(1.5)]);
    const axes = () => graph.integers([0]);
    const all = graph.add("All", [bits, axes()], { keep_dims: flag(false) });
    const any = graph.add("Any", [bits, axes()], { keep_dims: flag(false) });
    const factor = graph.add("SelectV2", [all, graph.floats(2), graph.floats(3)]);
    const offset = graph.add("SelectV2", [any, graph.floats(5), graph.floats(7)]);
    const rest = graph.add("Mod", [graph.floats(7.5), graph.floats(2)]);
    const scaled = graph.add("Mul", [graph.input(SHAPE), graph.add("Mul", [factor, rest])]);
    graph.flat(graph.add("AddV2", [scaled, offset]));
    await expectSameAsTfjs(graph);
  });

  it("OneHot of constants, an index of which names nothing, along any axis", async () => {
    for (const axis of [-1, 0, 1]) {
      const graph = new GraphFile();
      const inputs = [
        graph.integers([1, -1, 0, 9], [2, 2]),
        graph.integers(3),
        graph.floats(2),
        graph.floats(-1),
      ];
      const hot = graph.add("OneHot", inputs, {
        axis: integer(axis),
        TI: type("DT_INT32"),
        T: type("DT_FLOAT"),
      });
      const row = graph.add("Reshape", [hot, graph.integers([12])]);
      graph.add("Mul", [graph.input([-1, 12]), row]);
      // TensorFlow.js takes the new axis last only.
      if (axis === -1) await expectSameAsTfjs(graph);
      else expect((await networkOf(graph)).classes).toBe(12);
    }
  });

  it("ScatterNd of constants", async () => {
    const graph = new GraphFile();
    const at = graph.integers([2, 0], [2, 1]);
    const made = graph.add("ScatterNd", [at, graph.random([2, 4]), graph.integers([3, 4])]);
    graph.flat(graph.add("Mul", [graph.input([-1, 3, 4]), made]));
    await expectSameAsTfjs(graph);
  });

  it("Cumsum, of values and of constants", async () => {
    for (const [exclusive, reverse] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const graph = new GraphFile();
      const way = { exclusive: flag(exclusive), reverse: flag(reverse) };
      const given = graph.add("Cumsum", [graph.random([4, 2]), graph.integers(0)], way);
      const sums = graph.add("Cumsum", [graph.input(SHAPE), graph.integers(2)], way);
      graph.flat(graph.add("AddV2", [sums, given]));
      await expectSameAsTfjs(graph);
    }
  });

  it("Prod of values", async () => {
    for (const keeps of [false, true]) {
      const graph = new GraphFile();
      const attributes = { keep_dims: flag(keeps) };
      graph.flat(graph.add("Prod", [graph.input(SHAPE), graph.integers([1, -1])], attributes));
      await expectSameAsTfjs(graph);
    }
  });

  it("integers beyond 2^24, which float32 has not", async () => {
    const graph = new GraphFile();
    const odd = graph.add("Sub", [
      graph.integers([2 ** 24 + 1, 2 ** 31 - 1]),
      graph.integers([2 ** 24, 2 ** 31 - 4]),
    ]);
    const factors = graph.add("Cast", [odd], { SrcT: type("DT_INT32"), DstT: type("DT_FLOAT") });
    graph.flat(graph.add("Mul", [graph.input(SHAPE), factors]));
    await expectSameAsTfjs(graph);
  });

  it.each<[string, string, (graph: GraphFile, x: string) => string]>([
    ["Inv", "Reciprocal", (graph, x) => graph.add("Reciprocal", [x])],
    ["PreventGradient", "nothing", (_, x) => x],
    ["CheckNumerics", "nothing", (_, x) => x],
    [
      "Softsign",
      "its formula",
      (graph, x) => graph.add("Div", [x, graph.add("AddV2", [graph.floats(1), graph.add("Abs", [x])])]),
    ],
  ])("%s, which TensorFlow.js does not know, is %s", async (op, _, build) => {
    const [graph, plain] = [new GraphFile(), new GraphFile()];
    const message: Record<string, Attribute> =
      op === "Softsign" || op === "Inv" ? {} : { message: text("a word") };
    graph.end(graph.add(op, [graph.input(SHAPE)], message));
    plain.end(build(plain, plain.input(SHAPE)));
    expectSameNetworks(await expectSameAsTfjs(plain), await networkOf(graph));
  });

  it("BatchMatMulV3 is BatchMatMulV2, ShapeN is Shape", async () => {
    const build = (suffix: string): GraphFile => {
      const graph = new GraphFile();
      const x = graph.input([-1, 4, 3]);
      const types = { Ta: type("DT_FLOAT"), Tb: type("DT_FLOAT"), Tout: type("DT_FLOAT") };
      const y = graph.add(`BatchMatMul${suffix}`, [x, x], {
        adj_x: flag(true),
        adj_y: flag(false),
        ...(suffix === "V3" && types),
      });
      const dims = graph.add(suffix === "V3" ? "ShapeN" : "Shape", [x]);
      const count = graph.add("Prod", [dims, graph.integers([0])], { keep_dims: flag(false) });
      const factor = graph.add("Cast", [count], { SrcT: type("DT_INT32"), DstT: type("DT_FLOAT") });
      graph.flat(graph.add("Mul", [y, factor]));
      return graph;
    };
    expectSameNetworks(await expectSameAsTfjs(build("V2"), { low: 0.2 }), await networkOf(build("V3")));
  });

  it("a dense layer of constants alone is refused, in one line", async () => {
    const graph = new GraphFile();
    const inputs = [graph.random([1, 3]), graph.random([3, 4]), graph.random([4])];
    const y = graph.add("_FusedMatMul", inputs, { fused_ops: texts("BiasAdd"), num_args: integer(1) });
    graph.add("AddV2", [graph.input([-1, 4]), y]);
    await expect(networkOf(graph)).rejects.toMatchObject({
      name: "UnsupportedOperatorError",
      message: expect.stringMatching(/^.*of constants.*$/),
    });
  });
});
