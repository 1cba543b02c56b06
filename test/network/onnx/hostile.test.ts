import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidArgumentError, ModelError } from "../../../src/errors.js";
import { buildNetwork } from "../../../src/network/build.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { mutations, seedOf, timed } from "../../support/mutations.js";
import { randomValues } from "../../support/random_values.js";
import { Fixture } from "./fixture.js";
import { type Attribute, type TensorFile, TYPES, writeModel } from "./writer.js";

/** A one-line typed error, or a network. */
async function outcome(bytes: Uint8Array<ArrayBuffer>, files?: File[]): Promise<"network" | string> {
  const model = files ? [new File([bytes], "model.onnx"), ...files] : bytes;
  try {
    await timed("an ONNX file", async () => buildNetwork(await openModel(model)));
    return "network";
  } catch (error) {
    expect(error, String((error as Error)?.stack)).toBeInstanceOf(ModelError);
    const { message } = error as Error;
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(1500);
    return message;
  }
}

/** An operator of every kind, with shapes that the file computes. */
function everything(seed = 1): Fixture & { scores: string } {
  const model = new Fixture({ input: ["N", 4, 8, 8], opset: 13, seed });
  const conv = model.node("Conv", [model.x, model.weights([4, 4, 3, 3]), model.weights([4])], {
    pads: [1, 1, 1, 1],
    kernel_shape: [3, 3],
    strides: [1, 1],
    group: 1,
  });
  const statistics = [1, -0.5, -0.5, 0.4].map((low) => model.uniform([4], low, low + 0.5));
  const norm = model.node("BatchNormalization", [conv, ...statistics], { epsilon: { float: 1e-3 } });
  const clipped = model.node("Clip", [norm, model.constant([], [-1]), model.floats([], [1])]);
  const shape = model.node("Shape", [clipped]);
  const batch = model.node("Gather", [shape, model.constant64([0], [])], { axis: 0 });
  const list = model.node("Unsqueeze", [batch, model.int64s([0])]);
  const split = model.node("Reshape", [
    clipped,
    model.node("Concat", [list, model.int64s([2, 2, 8, 8])], { axis: 0 }),
  ]);
  const turned = model.node("Transpose", [split], { perm: [0, 2, 1, 3, 4] });
  const shuffled = model.node("Reshape", [turned, model.int64s([-1, 4, 8, 8])]);
  const padded = model.node("Pad", [shuffled, model.int64s([0, 0, 1, 1, 0, 0, 1, 1])], { mode: "reflect" });
  const pool = model.node("AveragePool", [padded], {
    kernel_shape: [2, 2],
    strides: [2, 2],
    ceil_mode: 1,
    count_include_pad: 1,
  });
  const [left, right] = model.split("Split", [pool, model.int64s([1, 3])], 2, { axis: 1 });
  const joined = model.node("Concat", [right, left], { axis: 1 });
  const resized = model.node("Resize", [joined, "", model.floats([4], [1, 1, 2, 2])], { mode: "linear" });
  const part = model.node("Slice", [
    resized,
    ...[[1], [2 ** 53], [3], [2]].map((values) => model.int64s(values)),
  ]);
  const tiled = model.node("Tile", [part, model.int64s([1, 1, 2, 1])]);
  const picked = model.node("Gather", [tiled, model.int64s([3, 1, 0])], { axis: 3 });
  const mean = model.node("ReduceMean", [picked], { axes: [2], keepdims: 0 });
  const attention = model.node("Softmax", [
    model.node("MatMul", [mean, model.node("Transpose", [mean], { perm: [0, 2, 1] })]),
  ]);
  const grown = model.node("Expand", [
    model.node("ReduceMax", [attention], { axes: [2] }),
    model.int64s([1, 4, 6]),
  ]);
  const filled = model.node("ConstantOfShape", [model.int64s([24, 3])]);
  const range = model.node(
    "Range",
    [0, 3, 1].map((n) => model.constant([], [n])),
  );
  const weights = model.node("Add", [model.node("Add", [filled, range]), model.weights([24, 3])]);
  const scores = model.node("Gemm", [model.node("Flatten", [grown]), weights], { transB: 0 });
  return Object.assign(model, { scores });
}

const original = (() => {
  const model = everything();
  return model.bytes(model.scores);
})();

it("the model that is damaged is a network", async () => {
  expect(await outcome(original)).toBe("network");
});

describe("damaged bytes", () => {
  it("truncated anywhere", async () => {
    const random = randomValues(seedOf(1));
    let failures = 0;
    for (let i = 0; i < mutations(100); i++) {
      const end = random.integer(0, original.length - 1);
      if ((await outcome(original.slice(0, end))) !== "network") failures++;
    }
    expect(failures).toBeGreaterThan(95);
  });

  it("bits flipped, bytes replaced, taken out or repeated", async () => {
    const random = randomValues(seedOf(2));
    const counts = { network: 0, error: 0 };
    for (let i = 0; i < mutations(600); i++) {
      let bytes = original.slice();
      for (let changes = random.integer(1, 3); changes > 0; changes--) {
        const at = random.integer(0, bytes.length - 1);
        const length = random.integer(1, 8);
        const kind = random.integer(0, 3);
        if (kind === 0) bytes[at] ^= 1 << random.integer(0, 7);
        else if (kind === 1) bytes[at] = random.pick([0, 0xff, 0x7f, 0x80, random.integer(0, 255)]);
        else if (kind === 2)
          bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        else
          bytes = Uint8Array.from([
            ...bytes.subarray(0, at + length),
            ...bytes.subarray(at, Math.min(bytes.length, at + length)),
            ...bytes.subarray(at + length),
          ]);
      }
      counts[(await outcome(bytes)) === "network" ? "network" : "error"]++;
    }
    expect(counts.error).toBeGreaterThan(100);
  });
});

it("a well-formed file with anything in the place of an attribute, a shape or a name", async () => {
  const junk = fc.constantFrom<Attribute>(
    -1,
    0,
    2,
    1e9,
    2 ** 53,
    -(2 ** 40),
    "",
    "NOTSET",
    "a\nb",
    [],
    [0],
    [-1, -1],
    [1e9, 1e9],
    [2 ** 40, 2 ** 40, 2 ** 40, 2 ** 40],
    [0, 1, 2, 3, 4, 5, 6, 7],
    { float: Number.NaN },
    { float: Number.POSITIVE_INFINITY },
    { floats: [1, Number.NaN] },
    { tensor: { type: 8, dims: [2], raw: new Uint8Array(2) } },
    { tensor: { type: TYPES.int64, dims: [1], int64s: [1e12] } },
  );
  const values = fc.array(
    fc.constantFrom(-1, 0, 1, 2, 3, 4, 64, 1000, 1e6, 1e9, 2 ** 31, 2 ** 53, -(2 ** 53)),
    { minLength: 1, maxLength: 4 },
  );
  const { nodes, initializers, scores } = everything();
  const lists = initializers.flatMap(({ type }, i) => (type === TYPES.int64 ? [i] : []));
  const attributes = nodes.flatMap((node, i) =>
    Object.keys(node.attributes).map((name) => [i, name] as const),
  );
  const change = fc.oneof(
    fc.record({ kind: fc.constant("attribute" as const), at: fc.constantFrom(...attributes), junk }),
    fc.record({ kind: fc.constant("list" as const), at: fc.constantFrom(...lists), values }),
    fc.record({
      kind: fc.constant("dims" as const),
      at: fc.nat(initializers.length - 1),
      values,
    }),
    fc.record({
      kind: fc.constant("input" as const),
      at: fc.nat(nodes.length - 1),
      from: fc.nat(nodes.length - 1),
    }),
    fc.record({
      kind: fc.constant("type" as const),
      at: fc.nat(nodes.length - 1),
      from: fc.nat(nodes.length - 1),
    }),
  );
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
      const model = everything();
      for (const one of changes)
        switch (one.kind) {
          case "attribute":
            model.nodes[one.at[0]].attributes[one.at[1]] = one.junk;
            break;
          case "list":
            model.initializers[one.at] = {
              ...model.initializers[one.at],
              dims: [one.values.length],
              raw: new Uint8Array(BigInt64Array.from(one.values, BigInt).buffer),
            };
            break;
          case "dims":
            model.initializers[one.at] = { ...model.initializers[one.at], dims: one.values };
            break;
          case "input":
            model.nodes[one.at].inputs[0] = nodes[one.from].outputs[0];
            break;
          case "type":
            model.nodes[one.at].type = nodes[one.from].type;
        }
      if ((await outcome(model.bytes(scores))) !== "network") failures++;
    }),
    { numRuns: mutations(500), seed: seedOf(3) },
  );
  expect(failures).toBeGreaterThan(250);
});

describe("bombs end in an error before they fill memory", () => {
  const bombs: Record<string, (model: Fixture) => string> = {
    "a constant of any size": (m) => m.node("Add", [m.x, m.node("ConstantOfShape", [m.int64s([1e5, 1e5])])]),
    "a constant that doubles each time"(m) {
      let y = m.constant([1], [1]);
      for (let i = 0; i < 60; i++) y = m.node("Concat", [y, y], { axis: 0 });
      return m.node("Add", [m.x, y]);
    },
    "constants that are turned for ever"(m) {
      let y = m.node("ConstantOfShape", [m.int64s([2048, 2048])]);
      for (let i = 0; i < 5000; i++) y = m.node("Transpose", [y]);
      return m.node("MatMul", [m.x, y]);
    },
    "products of large constants"(m) {
      let y = m.node("ConstantOfShape", [m.int64s([4096, 4096])]);
      for (let i = 0; i < 20; i++) y = m.node("MatMul", [y, y]);
      return m.node("MatMul", [m.x, y]);
    },
    "a value repeated": (m) => m.node("Tile", [m.x, m.int64s([1, 2 ** 40])]),
    "a value expanded": (m) =>
      m.node("Expand", [m.node("Unsqueeze", [m.x, m.int64s([1])]), m.int64s([1, 1e9, 4])]),
    "a value padded": (m) => m.node("Pad", [m.x, m.int64s([0, 1e9, 0, 1e9])], { mode: "edge" }),
    "an image resized": (m) =>
      m.node("Resize", [
        m.node("Reshape", [m.x, m.int64s([0, 1, 2, 2])]),
        "",
        m.floats([4], [1, 1, 1e9, 1e9]),
      ]),
    "a long image shrunk to a point"(m) {
      const row = m.node("ConstantOfShape", [m.int64s([1, 1, 1, 2 ** 20])]);
      const image = m.node("Add", [m.node("Reshape", [m.x, m.int64s([0, 1, 4, 1])]), row]);
      return m.node("Resize", [image, "", m.floats([4], [1, 1, 1, 1e-6])], { mode: "linear", antialias: 1 });
    },
    "a range": (m) =>
      m.node("Add", [
        m.x,
        m.node(
          "Range",
          [0, 1e30, 1e-30].map((n) => m.constant([], [n])),
        ),
      ]),
    "parts without number": (m) => m.split("Split", [m.x], 2, { axis: 1, num_outputs: 2 ** 31 })[0],
    "a value added to itself until it would be infinite"(m) {
      let y = m.x;
      for (let i = 0; i < 40; i++) y = m.node("Concat", [y, y], { axis: 1 });
      return y;
    },
    "a sum of a hundred thousand terms": (m) => m.node("Sum", new Array<string>(100_000).fill(m.x)),
  };
  it.each(Object.keys(bombs))("%s", async (name) => {
    const model = new Fixture({ input: ["N", 4], opset: 18 });
    expect(await outcome(model.bytes(bombs[name](model)))).not.toBe("network");
  });

  it("nodes of no bytes", async () => {
    const model = new Fixture({ input: ["N", 4] });
    const bytes = model.bytes(model.head(model.x, 4));
    const graph = new Uint8Array(2 * 600_000);
    for (let i = 0; i < graph.length; i += 2) graph[i] = 0x0a;
    const length: number[] = [];
    for (let n = graph.length; n > 0; n = Math.floor(n / 128)) length.push((n % 128) + (n >= 128 ? 128 : 0));
    const bomb = Uint8Array.from([...bytes, 0x3a, ...length]);
    const all = new Uint8Array(bomb.length + graph.length);
    all.set(bomb);
    all.set(graph, bomb.length);
    expect(await outcome(all)).not.toBe("network");
  });

  it("graphs inside graphs, three thousand deep", async () => {
    let inner: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    const wrap = (tag: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
      const length: number[] = [];
      for (let n = bytes.length; length.length === 0 || n > 0; n = Math.floor(n / 128))
        length.push((n % 128) + (n >= 128 ? 128 : 0));
      const out = new Uint8Array(1 + length.length + bytes.length);
      out.set([tag, ...length]);
      out.set(bytes, 1 + length.length);
      return out;
    };
    // Attribute 6 of node 5 of graph 1: a graph.
    for (let depth = 0; depth < 3000; depth++) inner = wrap(0x0a, wrap(0x2a, wrap(0x32, inner)));
    const bytes = Uint8Array.from([8, 8, ...wrap(0x3a, inner)]);
    expect(await outcome(bytes)).not.toBe("network");
  });
});

describe("graphs that are none", () => {
  const file = (
    nodes: { type: string; inputs: string[]; outputs: string[] }[],
    initializers: TensorFile[] = [],
  ) =>
    writeModel({
      opsets: { "": 17 },
      nodes,
      initializers,
      inputs: [{ name: "x", dims: ["N", 4] }],
      outputs: [{ name: "y" }],
    });

  it("a node that reads itself", async () => {
    const bytes = file([{ type: "Add", inputs: ["x", "y"], outputs: ["y"] }]);
    expect(await outcome(bytes)).toContain("depends on itself");
  });

  it("a long circle", async () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) => ({
      type: "Relu",
      inputs: [`v${(i + 1) % 50_000}`],
      outputs: [i === 0 ? "y" : `v${i}`],
    }));
    nodes[nodes.length - 1].inputs = ["y"];
    expect(await outcome(file(nodes))).toContain("depends on itself");
  });

  it("two nodes that make one value", async () => {
    const node = { type: "Relu", inputs: ["x"], outputs: ["y"] };
    expect(await outcome(file([node, node]))).toContain("two nodes make");
  });

  it("a value that nothing makes", async () => {
    const bytes = file([{ type: "Add", inputs: ["x", "z"], outputs: ["y"] }]);
    expect(await outcome(bytes)).toContain('"z", which nothing makes');
  });

  it.each([
    ["fewer values than its shape", { dims: [4], raw: new Uint8Array(12) }],
    ["more values than its shape", { dims: [2], raw: new Uint8Array(12) }],
    ["half a value", { dims: [1], raw: new Uint8Array(3) }],
    ["a negative length", { dims: [-4], raw: new Uint8Array(16) }],
    ["lengths whose product overflows", { dims: [2 ** 40, 2 ** 40], raw: new Uint8Array(16) }],
    ["a thousand axes", { dims: new Array<number>(1000).fill(1), raw: new Uint8Array(4) }],
    ["not a number", { dims: [1], raw: new Uint8Array(new Float32Array([Number.NaN]).buffer) }],
  ])("weights with %s", async (_, weights) => {
    const bytes = file(
      [{ type: "Add", inputs: ["x", "w"], outputs: ["y"] }],
      [{ name: "w", type: TYPES.float, ...weights }],
    );
    expect(await outcome(bytes)).not.toBe("network");
  });
});

describe("weights beside the model", () => {
  const model = (external: Record<string, string>) =>
    writeModel({
      opsets: { "": 17 },
      nodes: [{ type: "Add", inputs: ["x", "w"], outputs: ["y"] }],
      initializers: [{ name: "w", type: TYPES.float, dims: [4], external }],
      inputs: [{ name: "x", dims: ["N", 4] }],
      outputs: [{ name: "y" }],
    });
  const data = new File([new Uint8Array(32)], "data");

  it("where they belong", async () => {
    expect(await outcome(model({ location: "data", offset: "16", length: "16" }), [data])).toBe("network");
  });

  it.each([
    ["../data"],
    ["/etc/passwd"],
    ["..\\data"],
    ["%2e%2e/data"],
    ["file:///etc/passwd"],
    ["https://example.com/data"],
    [""],
    ["a\u0000b"],
  ])("never at %j", async (location) => {
    expect(await outcome(model({ location }), [data])).toMatch(/external data/);
  });

  it.each([
    [{ offset: "-4" }],
    [{ offset: "20" }],
    [{ offset: "1e300" }],
    [{ offset: "x" }],
    [{ length: "8" }],
    [{ length: "-16" }],
    [{ offset: "NaN", length: "NaN" }],
  ])("not outside the file: %j", async (place) => {
    expect(await outcome(model({ location: "data", ...place }), [data])).toContain('"data", which holds 32');
  });

  it("not the same bytes so often that they fill memory", async () => {
    const count = 3000;
    const names = Array.from({ length: count }, (_, i) => `w${i}`);
    const bytes = writeModel({
      opsets: { "": 17 },
      nodes: [{ type: "Sum", inputs: ["x", ...names], outputs: ["y"] }],
      initializers: names.map((name) => ({
        name,
        type: TYPES.double,
        dims: [1 << 17],
        external: { location: "data" },
      })),
      inputs: [{ name: "x", dims: ["N", 1 << 17] }],
      outputs: [{ name: "y" }],
    });
    const large = new File([new Uint8Array(1 << 20)], "data");
    expect(await outcome(bytes, [large])).toContain("more than its files have bytes");
  });
});

it("an inputShape that does not fit is the caller's mistake", async () => {
  await expect(openModel(original, { inputShape: [8, 8, 3] })).rejects.toBeInstanceOf(InvalidArgumentError);
});
