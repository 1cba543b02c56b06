import { describe, expect, it } from "vitest";
import { expectSameAsTfjs, expectSameNetworks, networkOf } from "./agreement.js";
import { type Attribute, flag, float, GraphFile, integer, integers, text, texts, type } from "./fixtures.js";

const SHAPE = [-1, 4, 6, 3];

/** The graph that does one thing to an image, and to a constant of the same shape, which is added. */
async function expectBoth(
  build: (graph: GraphFile, x: string) => string,
  dims: readonly number[] = SHAPE,
): Promise<void> {
  const graph = new GraphFile();
  graph.flat(build(graph, graph.input(dims)));
  await expectSameAsTfjs(graph, { images: 2 });
  const folded = new GraphFile();
  const constant = build(folded, folded.random([1, ...dims.slice(1)]));
  const sum = folded.add("Sum", [constant, folded.integers([1])], { keep_dims: flag(false) });
  const total = folded.add("Mean", [sum, folded.integers([-1])], { keep_dims: flag(true) });
  const scores = folded.flat(folded.input([-1, 5]));
  const last = folded.add("Reshape", [total, folded.integers([-1])]);
  const first = folded.add("Slice", [last, folded.integers([0]), folded.integers([1])]);
  folded.add("AddV2", [scores, first]);
  const { nodes } = await expectSameAsTfjs(folded, { images: 1, wasm: false });
  expect(nodes.length).toBeLessThanOrEqual(3);
}

describe("axes", () => {
  it.each([[[-1, 72]], [[1, 72]], [[-1, 8, 9]], [[-1, 12, 6]], [[-1, 2, 2, 18]], [[-1, 4, 6, 1, 3]]])(
    "Reshape to %j",
    async (dims) => {
      const graph = new GraphFile();
      const scaled = graph.add("Mul", [graph.input(SHAPE), graph.random([4, 6, 3])]);
      const y = graph.add("Reshape", [scaled, graph.integers(dims)], { Tshape: type("DT_INT32") });
      const weighted = graph.add("Mul", [y, graph.random(dims.slice(1))]);
      graph.flat(weighted);
      await expectSameAsTfjs(graph);
    },
  );

  it("Reshape with a computed shape: a product of parts of Shape", async () => {
    const graph = new GraphFile();
    const x = graph.input(SHAPE);
    const dims = graph.add("Shape", [x], { out_type: type("DT_INT32") });
    const rest = graph.add("Slice", [dims, graph.integers([1]), graph.integers([3])]);
    const count = graph.add("Prod", [rest, graph.integers([0])], { keep_dims: flag(true) });
    const batch = graph.add("GatherV2", [dims, graph.integers([0]), graph.integers(0)], {
      batch_dims: integer(0),
    });
    const target = graph.add("ConcatV2", [batch, count, graph.integers(0)], { N: integer(2) });
    graph.add("Reshape", [x, target]);
    await expectSameAsTfjs(graph);
  });

  it.each([[[0, 2, 1, 3]], [[0, 3, 1, 2]], [[0, 3, 2, 1]], [[0, 2, 3, 1]]])("Transpose %j", (perm) =>
    expectBoth((graph, x) => {
      const y = graph.add("Transpose", [graph.add("Tanh", [x]), graph.integers(perm)], {
        Tperm: type("DT_INT32"),
      });
      const dims = perm.map((axis) => SHAPE[axis]);
      return graph.add("Mul", [y, graph.random(dims.slice(1))]);
    }),
  );

  it("ExpandDims, Squeeze with axes and with none", async () => {
    await expectBoth((graph, x) => {
      const wide = graph.add("ExpandDims", [x, graph.integers(-2)], { Tdim: type("DT_INT32") });
      const narrow = graph.add("Squeeze", [wide], { squeeze_dims: integers(-2) });
      return graph.add("ExpandDims", [narrow, graph.integers(1)]);
    });
    const graph = new GraphFile();
    const pooled = graph.add("Mean", [graph.input(SHAPE), graph.integers([1, 2])], { keep_dims: flag(true) });
    graph.add("Squeeze", [pooled], { squeeze_dims: integers(1, 2) });
    await expectSameAsTfjs(graph);
  });
});

describe("parts", () => {
  it.each([
    [
      [0, 1, 2, 0],
      [-1, 2, 3, 3],
    ],
    [
      [0, 0, 0, 1],
      [-1, -1, -1, 1],
    ],
  ])("Slice from %j of %j", (begin, size) =>
    expectBoth((graph, x) => graph.add("Slice", [x, graph.integers(begin), graph.integers(size)])),
  );

  type Masks = Record<string, number>;
  it.each<[string, number[], number[], number[], Masks]>([
    ["x[:, 1:3]", [0, 1], [0, 3], [1, 1], { begin_mask: 1, end_mask: 1 }],
    ["x[:, ::2, 1:6:2]", [0, 0, 1], [0, 0, 6], [1, 2, 2], { begin_mask: 3, end_mask: 3 }],
    ["x[:, ::-1]", [0, 0], [0, 0], [1, -1], { begin_mask: 3, end_mask: 3 }],
    ["x[:, 3:0:-2]", [0, 3], [0, 0], [1, -2], { begin_mask: 1, end_mask: 1 }],
    ["x[..., 1]", [0, 1], [0, 2], [1, 1], { ellipsis_mask: 1, shrink_axis_mask: 2 }],
    ["x[..., -1:]", [0, -1], [0, 0], [1, 1], { ellipsis_mask: 1, end_mask: 2 }],
    ["x[..., ::-1]", [0, 0], [0, 0], [1, -1], { ellipsis_mask: 1, begin_mask: 2, end_mask: 2 }],
    [
      "x[:, 2, :, None]",
      [0, 2, 0, 0],
      [0, 3, 0, 0],
      [1, 1, 1, 1],
      { begin_mask: 5, end_mask: 5, shrink_axis_mask: 2, new_axis_mask: 8 },
    ],
    [
      "x[:, -3:-1, 1]",
      [0, -3, 1],
      [0, -1, 2],
      [1, 1, 1],
      { begin_mask: 1, end_mask: 1, shrink_axis_mask: 4 },
    ],
    ["x[:, :2147483647]", [0, 0], [0, 2147483647], [1, 1], { begin_mask: 3, end_mask: 1 }],
  ])("StridedSlice %s", (_, begin, end, strides, masks) => {
    const attributes: Record<string, Attribute> = { Index: type("DT_INT32") };
    for (const name of ["begin", "end", "ellipsis", "new_axis", "shrink_axis"])
      attributes[`${name}_mask`] = integer(masks[`${name}_mask`] ?? 0);
    return expectBoth((graph, x) =>
      graph.add(
        "StridedSlice",
        [x, graph.integers(begin), graph.integers(end), graph.integers(strides)],
        attributes,
      ),
    );
  });

  it("Split, SplitV and Unpack", async () => {
    await expectBoth((graph, x) => {
      const thirds = graph.add("Split", [graph.integers(2), x], { num_split: integer(3) });
      const order = [`${thirds}:2`, thirds, `${thirds}:1`, graph.integers(2)];
      return graph.add("ConcatV2", order, { N: integer(3) });
    });
    await expectBoth((graph, x) => {
      const parts = graph.add("SplitV", [x, graph.integers([1, 3, 2]), graph.integers(-2)], {
        num_split: integer(3),
      });
      return graph.add("ConcatV2", [`${parts}:2`, `${parts}:1`, parts, graph.integers(-2)], {
        N: integer(3),
      });
    });
    await expectBoth((graph, x) => {
      const channels = graph.add("Unpack", [x], { axis: integer(-1), num: integer(3) });
      const swapped = [`${channels}:2`, `${channels}:0`, `${channels}:1`];
      return graph.add("Pack", swapped, { axis: integer(1), N: integer(3) });
    });
  });

  it("ConcatV2 of an image and constants", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 5]);
    const batched = graph.add("Mul", [x, graph.random([5])]);
    const both = graph.add("ConcatV2", [batched, x, graph.integers(1)], { N: integer(2) });
    graph.add("MatMul", [both, graph.random([10, 3])]);
    await expectSameAsTfjs(graph);
  });

  it.each([
    ["a list", [2, 0, 1, 1], undefined],
    ["a number", [1], []],
    ["a matrix", [0, 2, 1, 1], [2, 2]],
  ])("GatherV2 of %s", (_, values, dims) =>
    expectBoth((graph, x) =>
      graph.add("GatherV2", [x, graph.integers(values, dims), graph.integers(3)], { batch_dims: integer(0) }),
    ),
  );

  it("ReverseV2", () => expectBoth((graph, x) => graph.add("ReverseV2", [x, graph.integers([1, -1])])));

  it("Tile", () => expectBoth((graph, x) => graph.add("Tile", [x, graph.integers([1, 2, 1, 3])])));

  it("BroadcastTo", async () => {
    const graph = new GraphFile();
    const pooled = graph.add("Max", [graph.input(SHAPE), graph.integers([1, 2])], { keep_dims: flag(true) });
    const wide = graph.add("BroadcastTo", [pooled, graph.integers([1, 2, 4, 3])]);
    const factor = graph.add("BroadcastTo", [graph.random([4, 1]), graph.integers([2, 4, 3])]);
    graph.flat(graph.add("Mul", [wide, factor]));
    await expectSameAsTfjs(graph);
  });

  it("Range, Fill, ZerosLike, OnesLike, Rank and Size", async () => {
    const graph = new GraphFile();
    const x = graph.input(SHAPE);
    const range = graph.add("Range", [graph.floats(1), graph.floats(4), graph.floats(1)]);
    const filled = graph.add("Fill", [graph.integers([6, 1]), graph.floats(0.25)]);
    const asFloat = (one: string) =>
      graph.add("Cast", [one], { SrcT: type("DT_INT32"), DstT: type("DT_FLOAT") });
    const size = graph.add("Size", [graph.integers([4, 5, 6])]);
    const rank = graph.add("Rank", [graph.random([2, 3])]);
    const sum = graph.add("AddN", [
      graph.add("Mul", [x, range]),
      graph.add("Mul", [x, filled]),
      graph.add("OnesLike", [x]),
      graph.add("ZerosLike", [x]),
    ]);
    const scaled = graph.add("Mul", [sum, asFloat(size)]);
    graph.flat(graph.add("Sub", [scaled, asFloat(rank)]));
    await expectSameAsTfjs(graph);
  });
});

describe("reductions", () => {
  for (const op of ["Mean", "Sum", "Max", "Min"])
    it.each([
      [[1, 2], false],
      [[1, 2], true],
      [[-1], true],
      [[2], false],
      [[1, 2, 3], true],
      [[-3, 3], false],
    ])(`${op} over %j, keep_dims %j`, async (axes, keeps) => {
      const graph = new GraphFile();
      const y = graph.add(op, [graph.input(SHAPE), graph.integers(axes)], { keep_dims: flag(keeps) });
      graph.flat(graph.add("ConcatV2", [y, graph.add("Neg", [y]), graph.integers(-1)], { N: integer(2) }));
      await expectSameAsTfjs(graph, { low: 0.2 });
    });
});

describe("borders and sizes of images", () => {
  it.each(["Pad", "PadV2", "MirrorPad REFLECT", "MirrorPad SYMMETRIC"])("%s", async (name) => {
    const [op, mode] = name.split(" ");
    for (const pads of [
      [0, 0, 1, 2, 0, 3, 0, 0],
      [0, 0, 0, 0, 1, 1, 2, 1],
      [0, 0, 3, 3, 2, 0, 0, 0],
    ])
      await expectBoth((graph, x) => {
        const inputs = [x, graph.integers(pads, [4, 2])];
        if (op === "PadV2") inputs.push(graph.floats(-1.5));
        return graph.add(op, inputs, mode ? { mode: text(mode), Tpaddings: type("DT_INT32") } : {});
      });
  });

  it.each([
    ["ResizeBilinear", false, false],
    ["ResizeBilinear", true, false],
    ["ResizeBilinear", false, true],
    ["ResizeNearestNeighbor", false, false],
    ["ResizeNearestNeighbor", true, false],
    ["ResizeNearestNeighbor", false, true],
  ])("%s align_corners %j half_pixel_centers %j", async (op, aligned, half) => {
    for (const size of [
      [8, 12],
      [2, 3],
      [5, 9],
      [4, 7],
      [1, 1],
    ]) {
      const graph = new GraphFile();
      const y = graph.add(op, [graph.input(SHAPE), graph.integers(size)], {
        align_corners: flag(aligned),
        half_pixel_centers: flag(half),
      });
      graph.flat(y);
      await expectSameAsTfjs(graph, { images: 2 });
    }
  });

  it("DepthToSpace, and SpaceToDepth, which undoes it", async () => {
    const options = { block_size: integer(2), data_format: text("NHWC") };
    const [there, back, plain] = [new GraphFile(), new GraphFile(), new GraphFile()];
    there.flat(there.add("DepthToSpace", [there.input([-1, 2, 3, 8])], options));
    await expectSameAsTfjs(there);
    const spread = back.add("DepthToSpace", [back.input([-1, 2, 3, 8])], options);
    back.flat(back.add("SpaceToDepth", [spread], options));
    plain.flat(plain.input([-1, 2, 3, 8]));
    expectSameNetworks(await networkOf(plain), await networkOf(back));
  });

  it("DepthToSpace and SpaceToDepth, channels first, are those of the image channels last", async () => {
    const flag = (format: string) => ({ block_size: integer(2), data_format: text(format) });
    const [toLast, toFirst] = [
      [0, 2, 3, 1],
      [0, 3, 1, 2],
    ];
    for (const [type, shape] of [
      ["DepthToSpace", [-1, 2, 4, 8]],
      ["SpaceToDepth", [-1, 2, 4, 2]],
    ] as const) {
      const [first, last] = [new GraphFile(), new GraphFile()];
      const turned = first.add("Transpose", [first.input(shape), first.integers(toFirst)]);
      const made = first.add(type, [turned], flag("NCHW"));
      first.flat(first.add("Transpose", [made, first.integers(toLast)]));
      last.flat(last.add(type, [last.input(shape)], flag("NHWC")));
      expectSameNetworks(await networkOf(first), await networkOf(last));
    }
  });
});

describe("what exporters write", () => {
  const conv = (graph: GraphFile, x: string, filter: readonly number[]): string =>
    graph.add("Conv2D", [x, graph.random(filter)], {
      dilations: integers(1, 1, 1, 1),
      strides: integers(1, 1, 1, 1),
      padding: text("SAME"),
      data_format: text("NHWC"),
    });

  it("a channel shuffle: Reshape, Transpose, Reshape", async () => {
    const graph = new GraphFile();
    const x = conv(graph, graph.input(SHAPE), [1, 1, 3, 8]);
    const groups = graph.add("Reshape", [x, graph.integers([-1, 4, 6, 2, 4])]);
    const swapped = graph.add("Transpose", [groups, graph.integers([0, 1, 2, 4, 3])]);
    const shuffled = graph.add("Reshape", [swapped, graph.integers([-1, 4, 6, 8])]);
    graph.flat(conv(graph, shuffled, [3, 3, 8, 2]));
    await expectSameAsTfjs(graph);
  });

  it("channels split by Slices, one half convolved, both joined", async () => {
    const graph = new GraphFile();
    const x = conv(graph, graph.input(SHAPE), [1, 1, 3, 8]);
    const half = (start: number) =>
      graph.add("Slice", [x, graph.integers([0, 0, 0, start]), graph.integers([-1, -1, -1, 4])]);
    const left = graph.add("Relu", [conv(graph, half(4), [3, 3, 4, 4])]);
    graph.flat(graph.add("ConcatV2", [half(0), left, graph.integers(3)], { N: integer(2) }));
    await expectSameAsTfjs(graph);
  });

  it("NCHW made of an ONNX file: an input [1, C, H, W], Transposes around every convolution", async () => {
    const graph = new GraphFile();
    const x = graph.input([1, 3, 4, 6]);
    const normal = graph.add("Sub", [x, graph.random([3, 1, 1])]);
    const to = (y: string) => graph.add("Transpose", [y, graph.integers([0, 2, 3, 1])]);
    const from = (y: string) => graph.add("Transpose", [y, graph.integers([0, 3, 1, 2])]);
    const padded = graph.add("Pad", [normal, graph.integers([0, 0, 0, 0, 1, 1, 1, 1], [4, 2])]);
    const first = from(conv(graph, to(padded), [3, 3, 3, 5]));
    const biased = graph.add("Add", [first, graph.random([5, 1, 1])]);
    const second = from(conv(graph, to(graph.add("Relu", [biased])), [1, 1, 5, 2]));
    graph.add("Reshape", [second, graph.integers([1, 96])]);
    const network = await expectSameAsTfjs(graph, { channelsFirst: true });
    expect(network.input.shape).toEqual([4, 6, 3]);
    // The pixels go through to the flattening, which has the channels first.
    expect(network.nodes.filter(({ op }) => op === "Transpose")).toHaveLength(1);
  });

  it("NCHW by data_format is the network of NHWC", async () => {
    const build = (format: string): GraphFile => {
      const graph = new GraphFile();
      const first = format === "NCHW";
      const data_format = { data_format: text(format) };
      const order = (list: number[]) => (first ? [list[0], list[3], list[1], list[2]] : list);
      const x = graph.input(order([-1, 4, 6, 3]));
      const y = graph.add("_FusedConv2D", [x, graph.random([3, 3, 3, 4]), graph.random([4])], {
        ...data_format,
        strides: integers(...order([1, 1, 2, 1])),
        dilations: integers(...order([1, 1, 1, 1])),
        padding: text("SAME"),
        num_args: integer(1),
        fused_ops: texts("BiasAdd", "Relu"),
      });
      const z = graph.add("MaxPool", [graph.add("BiasAdd", [y, graph.random([4])], data_format)], {
        ...data_format,
        ksize: integers(...order([1, 2, 2, 1])),
        strides: integers(...order([1, 2, 1, 1])),
        padding: text("VALID"),
      });
      const statistics = [graph.random([4]), graph.random([4]), graph.random([4]), graph.random([4], 1, 2)];
      const normal = graph.add("FusedBatchNormV3", [z, ...statistics], {
        ...data_format,
        epsilon: float(0.001),
        is_training: flag(false),
      });
      graph.add("Mean", [normal, graph.integers(first ? [2, 3] : [1, 2])], { keep_dims: flag(false) });
      return graph;
    };
    const plain = await expectSameAsTfjs(build("NHWC"));
    const other = await networkOf(build("NCHW"));
    expectSameNetworks(plain, other);
    expect(other.nodes.map(({ op, shape }) => [op, shape])).toEqual(
      plain.nodes.map(({ op, shape }) => [op, shape]),
    );
  });
});
