import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelError, UnsupportedOperatorError } from "../../../src/errors.js";
import { buildNetwork } from "../../../src/network/build.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { mutations, seedOf, timed } from "../../support/mutations.js";
import { flag, float, GraphFile, integer, integers, text, texts, type } from "./fixtures.js";

/** A graph with an operator of every kind. */
function everyKind(): GraphFile {
  const graph = new GraphFile();
  const nhwc = { data_format: text("NHWC"), T: type("DT_FLOAT") };
  const conv = {
    ...nhwc,
    strides: integers(1, 1, 1, 1),
    dilations: integers(1, 1, 1, 1),
    padding: text("SAME"),
    explicit_paddings: integers(),
  };
  const x = graph.input([-1, 8, 8, 3]);
  const fused = { ...conv, fused_ops: texts("BiasAdd", "Prelu"), num_args: integer(2), epsilon: float(0) };
  const inputs = [x, graph.random([3, 3, 3, 4], -1, 1, "uint8"), graph.random([4]), graph.random([1, 1, 4])];
  let y = graph.add("_FusedConv2D", inputs, fused);
  const depthwise = { ...conv, fused_ops: texts("BiasAdd"), num_args: integer(1) };
  y = graph.add("FusedDepthwiseConv2dNative", [y, graph.random([3, 3, 4, 1]), graph.random([4])], depthwise);
  const statistics = [graph.random([4]), graph.random([4]), graph.random([4]), graph.random([4], 1, 2)];
  y = graph.add("FusedBatchNormV3", [y, ...statistics], {
    ...nhwc,
    epsilon: float(0.01),
    is_training: flag(false),
  });
  const zeros = () => graph.integers([0, 0, 0, 0], [2, 2]);
  y = graph.add("SpaceToBatchND", [y, graph.integers([2, 2]), zeros()]);
  y = graph.add("Conv2D", [y, graph.random([1, 1, 4, 4])], conv);
  y = graph.add("BatchToSpaceND", [y, graph.integers([2, 2]), zeros()]);
  y = graph.add("MaxPool", [y], {
    ...nhwc,
    ksize: integers(1, 2, 2, 1),
    strides: integers(1, 2, 2, 1),
    padding: text("VALID"),
  });
  y = graph.add("MirrorPad", [y, graph.integers([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], {
    mode: text("REFLECT"),
  });
  y = graph.add("ResizeBilinear", [y, graph.integers([4, 4])], { half_pixel_centers: flag(true) });
  const parts = graph.add("Split", [graph.integers(3), y], { num_split: integer(2) });
  y = graph.add("ConcatV2", [`${parts}:1`, parts, graph.integers(-1)], { N: integer(2) });
  y = graph.add("Transpose", [y, graph.integers([0, 2, 1, 3])]);
  y = graph.add("ClipByValue", [
    graph.add("GatherV2", [y, graph.integers([3, 0, 1]), graph.integers(3)]),
    graph.floats(-1),
    graph.floats(1),
  ]);
  y = graph.add("Maximum", [y, graph.add("Mul", [graph.random([3]), graph.floats(0.5)])]);
  const range = graph.add("Range", [graph.integers(1), graph.integers(3), graph.integers(1)]);
  const factor = graph.add("Fill", [graph.integers([4, 1, 1]), graph.floats(2)]);
  const tiled = graph.add("Tile", [factor, graph.integers([1, 4, 1])]);
  y = graph.add("AddN", [y, graph.add("Mul", [y, tiled])], { N: integer(2) });
  y = graph.add("Squeeze", [graph.add("Mean", [y, range], { keep_dims: flag(true) })], {
    squeeze_dims: integers(1, 2),
  });
  y = graph.add("_FusedMatMul", [graph.flat(y), graph.random([3, 5]), graph.random([5])], {
    transpose_a: flag(false),
    transpose_b: flag(false),
    fused_ops: texts("BiasAdd"),
    num_args: integer(1),
  });
  graph.add("Identity", [graph.add("Softmax", [y])], {}, "probabilities");
  graph.sign("probabilities");
  return graph;
}

type Saved = ReturnType<GraphFile["saved"]>;

/** What opening ends in: nothing, or the error, which must be of the right kind and one line. */
async function failureOf(json: unknown, bytes: Uint8Array<ArrayBuffer>): Promise<Error | undefined> {
  const content = typeof json === "string" ? json : JSON.stringify(json);
  const files = [new File([content], "model.json"), new File([bytes], "group1-shard1of1.bin")];
  try {
    await timed("a GraphModel", async () => buildNetwork(await openModel(files)));
    return undefined;
  } catch (error) {
    expect(error, String(error instanceof Error ? error.stack : error)).toBeInstanceOf(ModelError);
    const { message } = error as ModelError;
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(800);
    return error as Error;
  }
}

/** Every place in a JSON value, as the list of keys that leads there. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

function replaced(json: unknown, path: readonly string[], junk: unknown): unknown {
  const copy = structuredClone(json);
  let parent = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  if (junk === undefined) Reflect.deleteProperty(parent, path[path.length - 1]);
  else parent[path[path.length - 1]] = junk;
  return copy;
}

const JUNK = fc.constantFrom<unknown>(
  ...[undefined, null, 0, -1, 1, 3, 0.5, 1e9, 2 ** 53, -(2 ** 31), "", "0", "-1", "1e9", "a\nb", "__proto__"],
  ...[
    "x",
    "x:1",
    "probabilities",
    "Q09OU1Q=",
    "%%%",
    "NaN",
    true,
    [],
    [1],
    [null],
    [[]],
    ["x"],
    {},
    { i: "7" },
  ],
  ...[
    { s: "U0FNRQ==" },
    { list: { i: ["1", "2"] } },
    { list: { s: ["UmVsdQ=="] } },
    { b: true },
    { f: "NaN" },
  ],
  ...[
    { shape: { dim: [{ size: "1000000000" }] } },
    "MatMul",
    "Reshape",
    "Tile",
    "Unpack",
    "StridedSlice",
    "float16",
  ],
);

describe("a damaged model.json or weights loads, or ends in a one-line ModelError", () => {
  const { json, bytes }: Saved = everyKind().saved();
  const everywhere = places(json).filter((path) => path.length > 0);

  it("is whole to begin with", async () => {
    expect(await failureOf(json, bytes)).toBeUndefined();
  });

  it("with anything in the place of anything", async () => {
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...everywhere), JUNK, async (path, junk) => {
        if (await failureOf(replaced(json, path, junk), bytes)) failures++;
      }),
      { numRuns: mutations(400), seed: seedOf(11) },
    );
    expect(failures).toBeGreaterThan(80);
  });

  it("with other values of constants: shapes, axes, places and sizes", async () => {
    const { weightsManifest } = json as {
      weightsManifest: { weights: { dtype: string; shape: number[]; quantization?: object }[] }[];
    };
    const words: number[] = [];
    let offset = 0;
    for (const { dtype, shape, quantization } of weightsManifest[0].weights) {
      const size = shape.reduce((product, n) => product * n, 1);
      if (dtype === "int32") for (let i = 0; i < size; i++) words.push(offset + 4 * i);
      offset += size * (quantization ? 1 : 4);
    }
    let failures = 0;
    const value = fc.constantFrom(0, 1, 2, 3, 5, 7, -1, -2, -5, 1000, 65536, 1e9, 2 ** 31 - 1, -(2 ** 31));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...words), value), { minLength: 1, maxLength: 3 }),
        async (changes) => {
          const damaged = bytes.slice();
          for (const [at, number] of changes) new DataView(damaged.buffer).setInt32(at, number, true);
          if (await failureOf(json, damaged)) failures++;
        },
      ),
      { numRuns: mutations(300), seed: seedOf(12) },
    );
    expect(failures).toBeGreaterThan(50);
  });

  it("with its nodes reading one another at random", async () => {
    const { node } = (json as { modelTopology: { node: { name: string; input?: string[] }[] } })
      .modelTopology;
    const readers = node.flatMap(({ input }, i) => (input ?? []).map((_, j) => [i, j] as const));
    let failures = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...readers), fc.constantFrom(...node), async ([i, j], { name }) => {
        if (await failureOf(replaced(json, ["modelTopology", "node", `${i}`, "input", `${j}`], name), bytes))
          failures++;
      }),
      { numRuns: mutations(300), seed: seedOf(13) },
    );
    expect(failures).toBeGreaterThan(50);
  });

  it("with text cut, flipped or repeated", async () => {
    const whole = JSON.stringify(json);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(127), fc.nat(2), async (at, code, how) => {
        const rest = how === 0 ? "" : how === 1 ? whole.slice(at + 1) : whole.slice(at);
        await failureOf(whole.slice(0, at) + (how === 0 ? "" : String.fromCharCode(code)) + rest, bytes);
      }),
      { numRuns: mutations(200), seed: seedOf(14) },
    );
  });

  it("with weights cut short or too long", async () => {
    for (const length of [0, 1, bytes.length - 1])
      expect((await failureOf(json, bytes.slice(0, length)))?.message).toContain("the manifest declares");
    expect(await failureOf(json, new Uint8Array(bytes.length + 1))).toBeDefined();
  });
});

describe("a small file that asks for much ends in an error, soon", () => {
  /** A classifier with more before its scores. */
  async function refusal(build: (graph: GraphFile, x: string) => string): Promise<string> {
    const graph = new GraphFile();
    const y = build(graph, graph.input([-1, 6]));
    graph.add("Identity", [y], {}, "end");
    graph.sign("end");
    const { json, bytes } = graph.saved();
    const error = await failureOf(json, bytes);
    expect(error).toBeDefined();
    return error?.message ?? "";
  }

  it.each<[string, (graph: GraphFile, x: string) => string, string]>([
    [
      "Fill of a billion",
      (graph, x) => graph.add("Mul", [x, graph.add("Fill", [graph.integers([1e9]), graph.floats(1)])]),
      "would have to be computed",
    ],
    [
      "Range to the end of the integers",
      (graph, x) =>
        graph.add("Mul", [
          x,
          graph.add("Range", [graph.integers(0), graph.integers(2 ** 31 - 1), graph.integers(1)]),
        ]),
      "would have to be computed",
    ],
    [
      "Range without a step",
      (graph, x) =>
        graph.add("Mul", [x, graph.add("Range", [graph.integers(0), graph.integers(9), graph.integers(0)])]),
      "would have to be computed",
    ],
    [
      "Tile of a Tile",
      (graph, x) => {
        let tile = graph.floats([1], [1, 1]);
        for (let i = 0; i < 4; i++) tile = graph.add("Tile", [tile, graph.integers([4096, 4096])]);
        return graph.add("Mul", [x, tile]);
      },
      "would have to be computed",
    ],
    [
      "Tile of the image",
      (graph, x) => {
        let tile = graph.add("Reshape", [x, graph.integers([-1, 6, 1])]);
        for (let i = 0; i < 4; i++) tile = graph.add("Tile", [tile, graph.integers([1, 1, 4096])]);
        return tile;
      },
      "values",
    ],
    [
      "a border of a billion",
      (graph, x) => graph.add("PadV2", [x, graph.integers([0, 0, 1e9, 1e9], [2, 2]), graph.floats(1)]),
      "",
    ],
    [
      "a resize to a billion",
      (graph, x) =>
        graph.add("ResizeBilinear", [
          graph.add("Reshape", [x, graph.integers([-1, 2, 3, 1])]),
          graph.integers([1e9, 1e9]),
        ]),
      "",
    ],
    [
      "a million axes",
      (graph, x) => {
        let y = x;
        for (let i = 0; i < 3000; i++) y = graph.add("ExpandDims", [y, graph.integers(1)]);
        return y;
      },
      "at most 16 of them",
    ],
    [
      "a tensor of nothing, long on another axis",
      (graph, x) => {
        const nothing = graph.integers([], [0]);
        const rows = graph.add("Reshape", [nothing, graph.integers([1e9, 0])]);
        return graph.add("AddV2", [
          x,
          graph.add("Sum", [rows, graph.integers([1])], { keep_dims: flag(false) }),
        ]);
      },
      "expected whole numbers",
    ],
    [
      "Unpack into a million",
      (graph, x) => graph.add("AddV2", [x, graph.add("Unpack", [graph.random([1e6])], { axis: integer(0) })]),
      "outputs",
    ],
    [
      "Split into a billion",
      (graph, x) => graph.add("Split", [graph.integers(1), x], { num_split: integer(1e9) }),
      "outputs",
    ],
    [
      "Split into less than none",
      (graph, x) => graph.add("Split", [graph.integers(1), x], { num_split: integer(-3) }),
      "outputs",
    ],
  ])("%s", async (_, build, expected) => {
    expect(await refusal(build)).toContain(expected);
  });

  it("a cycle, named", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6]);
    graph.add("AddV2", [x, "second"], {}, "first");
    graph.add("Relu", ["first"], {}, "second");
    graph.add("Identity", ["second"], {}, "end");
    graph.sign("end");
    const { json, bytes } = graph.saved();
    expect((await failureOf(json, bytes))?.message).toMatch(/node "(first|second)" depends on itself/);
  });

  it("a chain of fifty thousand nodes loads without overflowing the stack", async () => {
    const graph = new GraphFile();
    let y = graph.input([-1, 6]);
    for (let i = 0; i < 50_000; i++) y = graph.add("Identity", [y]);
    const { json, bytes } = graph.saved();
    expect(await failureOf(json, bytes)).toBeUndefined();
  });

  it("JSON nested deeper than the stack", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const error = await failureOf(
      `{"format": "graph-model", "modelTopology": {"node": ${deep}}}`,
      new Uint8Array(),
    );
    expect(error).toBeDefined();
  });

  it("many unsupported nodes are one line, each class with its number", async () => {
    const graph = new GraphFile();
    let y = graph.input([-1, 6]);
    for (let i = 0; i < 500; i++) y = graph.add(`Strange${i % 20}`, [y]);
    const { json, bytes } = graph.saved();
    const error = await failureOf(json, bytes);
    expect(error).toBeInstanceOf(UnsupportedOperatorError);
    expect((error as UnsupportedOperatorError).others).toHaveLength(499);
  });
});
