import { describe, expect, it } from "vitest";
import { expectSameAsTfjs, expectSameNetworks, networkOf } from "./agreement.js";
import { type Attribute, flag, float, GraphFile, integer, integers, text, texts } from "./fixtures.js";

const NHWC = { data_format: text("NHWC") };

function convAttributes(
  padding: string,
  strides: readonly [number, number] = [1, 1],
  dilations: readonly [number, number] = [1, 1],
): Record<string, Attribute> {
  return {
    ...NHWC,
    T: { type: "DT_FLOAT" },
    padding: text(padding),
    strides: integers(1, ...strides, 1),
    dilations: integers(1, ...dilations, 1),
    explicit_paddings: integers(),
    use_cudnn_on_gpu: flag(true),
  };
}

const WINDOWS = [
  ["SAME", [1, 1], [1, 1], [3, 3]],
  ["VALID", [1, 1], [1, 1], [3, 2]],
  // As much more at the end as at the start, or one more.
  ["SAME", [2, 2], [1, 1], [3, 3]],
  ["SAME", [2, 3], [1, 1], [2, 4]],
  ["VALID", [2, 1], [1, 1], [3, 3]],
  ["SAME", [1, 1], [2, 2], [3, 3]],
  ["VALID", [1, 1], [2, 3], [3, 2]],
  ["SAME", [1, 1], [1, 1], [1, 1]],
] as const;

describe("convolutions", () => {
  it.each(WINDOWS)(
    "Conv2D %s strides %j dilations %j kernel %j",
    async (padding, strides, dilations, kernel) => {
      const graph = new GraphFile();
      const x = graph.input([-1, 8, 9, 3]);
      graph.flat(
        graph.add(
          "Conv2D",
          [x, graph.random([...kernel, 3, 4])],
          convAttributes(padding, strides, dilations),
        ),
      );
      await expectSameAsTfjs(graph);
    },
  );

  it.each([
    ["SAME", 3, 2, [10, 12]],
    ["SAME", 4, 2, [9, 11]],
    ["VALID", 3, 2, [11, 13]],
    ["VALID", 2, 3, [14, 17]],
    ["SAME", 2, 3, [15, 18]],
  ] as const)(
    "Conv2DBackpropInput %s, kernel %i, strides %i, to %j",
    async (padding, kernel, strides, size) => {
      const graph = new GraphFile();
      const x = graph.input([-1, 5, 6, 4]);
      const filter = graph.random([kernel, kernel, 3, 4]);
      const attributes = convAttributes(padding, [strides, strides]);
      graph.flat(graph.add("Conv2DBackpropInput", [graph.integers([1, ...size, 3]), filter, x], attributes));
      await expectSameAsTfjs(graph, { images: 1 });
    },
  );

  it("Conv2D with EXPLICIT padding", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 8, 9, 3]);
    const attributes = {
      ...convAttributes("EXPLICIT", [2, 1]),
      explicit_paddings: integers(0, 0, 1, 2, 0, 1, 0, 0),
    };
    graph.flat(graph.add("Conv2D", [x, graph.random([3, 3, 3, 4])], attributes));
    await expectSameAsTfjs(graph);
  });

  it.each(WINDOWS)(
    "DepthwiseConv2dNative %s strides %j dilations %j kernel %j",
    async (padding, strides, dilations, kernel) => {
      if (strides[0] !== strides[1]) return;
      const graph = new GraphFile();
      const x = graph.input([-1, 8, 9, 3]);
      const filter = graph.random([...kernel, 3, 2]);
      graph.flat(
        graph.add("DepthwiseConv2dNative", [x, filter], convAttributes(padding, strides, dilations)),
      );
      await expectSameAsTfjs(graph);
    },
  );

  for (const [op, filter] of [
    ["_FusedConv2D", [3, 3, 4, 4]],
    ["FusedDepthwiseConv2dNative", [3, 3, 4, 1]],
  ] as const) {
    const fused = (activation: readonly string[]): GraphFile => {
      const graph = new GraphFile();
      const inputs = [graph.input([-1, 6, 5, 4]), graph.random([...filter]), graph.random([4])];
      const attributes = {
        ...convAttributes("SAME", [2, 2]),
        fused_ops: texts("BiasAdd", ...activation),
        num_args: { i: "1" },
        epsilon: float(0),
        leakyrelu_alpha: float(0.3),
      };
      graph.end(graph.add(op, inputs, attributes));
      return graph;
    };

    it.each([[], ["Relu"], ["Relu6"], ["Elu"], ["Sigmoid"]].map((activation) => [activation]))(
      `${op} with BiasAdd and %j`,
      async (activation) => {
        await expectSameAsTfjs(fused(activation));
      },
    );

    // TensorFlow.js forgets the slope of a fused depthwise convolution, and gives NaN.
    it(`${op} with BiasAdd and LeakyRelu, as with a LeakyRelu after it`, async () => {
      const graph = new GraphFile();
      const inputs = [graph.input([-1, 6, 5, 4]), graph.random([...filter]), graph.random([4])];
      const attributes = {
        ...convAttributes("SAME", [2, 2]),
        fused_ops: texts("BiasAdd"),
        num_args: { i: "1" },
      };
      const y = graph.add(op, inputs, attributes);
      graph.end(graph.add("LeakyRelu", [y], { alpha: float(0.3) }));
      expectSameNetworks(await expectSameAsTfjs(graph), await networkOf(fused(["LeakyRelu"])));
    });

    it(`${op} with BiasAdd and Prelu`, async () => {
      const graph = new GraphFile();
      const x = graph.input([-1, 6, 5, 4]);
      const attributes = {
        ...convAttributes("VALID"),
        fused_ops: texts("BiasAdd", "Prelu"),
        num_args: { i: "2" },
        epsilon: float(0),
      };
      const slope = graph.random([1, 1, 4]);
      graph.flat(graph.add(op, [x, graph.random([...filter]), graph.random([4]), slope], attributes));
      await expectSameAsTfjs(graph);
    });
  }

  it("_FusedConv2D with FusedBatchNorm, which TensorFlow.js refuses, is convolution and normalisation", async () => {
    const statistics = (graph: GraphFile) =>
      [0, 1, 2].map(() => graph.random([4])).concat(graph.random([4], 0.5, 1.5));
    const inputs = (graph: GraphFile) => [graph.input([-1, 6, 5, 3]), graph.random([3, 3, 3, 4])];
    const fused = new GraphFile();
    fused.flat(
      fused.add("_FusedConv2D", [...inputs(fused), ...statistics(fused)], {
        ...convAttributes("SAME"),
        fused_ops: texts("FusedBatchNorm", "Relu"),
        num_args: { i: "4" },
        epsilon: float(0.01),
      }),
    );
    const plain = new GraphFile();
    const y = plain.add("Conv2D", inputs(plain), convAttributes("SAME"));
    const normal = plain.add("FusedBatchNormV3", [y, ...statistics(plain)], {
      ...NHWC,
      epsilon: float(0.01),
      is_training: flag(false),
    });
    plain.flat(plain.add("Relu", [normal]));
    expectSameNetworks(await expectSameAsTfjs(plain), await networkOf(fused));
  });

  it("a convolution over one axis: ExpandDims, Conv2D, Squeeze", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 12, 3]);
    const wide = graph.add("ExpandDims", [x, graph.integers(-3)], { Tdim: { type: "DT_INT32" } });
    const filter = graph.random([1, 5, 3, 4]);
    const y = graph.add("Conv2D", [wide, filter], convAttributes("SAME", [1, 2]));
    graph.flat(graph.add("Relu", [graph.add("Squeeze", [y], { squeeze_dims: integers(-3) })]));
    await expectSameAsTfjs(graph);
  });

  it("ResNet's padding: Pad, then VALID with strides", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 8, 8, 3]);
    const padded = graph.add("Pad", [x, graph.integers([0, 0, 1, 1, 1, 1, 0, 0], [4, 2])]);
    graph.flat(graph.add("Conv2D", [padded, graph.random([3, 3, 3, 4])], convAttributes("VALID", [2, 2])));
    await expectSameAsTfjs(graph);
  });
});

describe("dilated convolutions between SpaceToBatchND and BatchToSpaceND", () => {
  it.each([
    [
      [2, 2],
      [2, 2, 2, 2],
      [0, 0, 0, 0],
    ],
    [
      [2, 3],
      [2, 2, 3, 4],
      [0, 0, 0, 1],
    ],
    [
      [3, 3],
      [3, 4, 3, 4],
      [0, 1, 0, 1],
    ],
  ])("block %j paddings %j crops %j", async (block, pads, crops) => {
    for (const [op, filter] of [
      ["Conv2D", [3, 3, 2, 4]],
      ["DepthwiseConv2dNative", [3, 3, 2, 2]],
    ] as const) {
      const graph = new GraphFile();
      const x = graph.input([-1, 8, 8, 2]);
      const spread = graph.add("SpaceToBatchND", [x, graph.integers(block), graph.integers(pads, [2, 2])]);
      const y = graph.add(op, [spread, graph.random([...filter])], convAttributes("VALID"));
      const biased = graph.add("Relu", [graph.add("BiasAdd", [y, graph.random([4])], NHWC)]);
      const back = [biased, graph.integers(block), graph.integers(crops, [2, 2])];
      graph.flat(graph.add("BatchToSpaceND", back));
      await expectSameAsTfjs(graph);
    }
  });

  it("with a fused bias, and SAME", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 8, 8, 2]);
    const zeros = () => graph.integers([0, 0, 0, 0], [2, 2]);
    const spread = graph.add("SpaceToBatchND", [x, graph.integers([2, 2]), zeros()]);
    const y = graph.add("_FusedConv2D", [spread, graph.random([3, 3, 2, 4]), graph.random([4])], {
      ...convAttributes("SAME"),
      fused_ops: texts("BiasAdd", "Relu6"),
      num_args: { i: "1" },
      epsilon: float(0),
    });
    graph.flat(graph.add("BatchToSpaceND", [y, graph.integers([2, 2]), zeros()]));
    await expectSameAsTfjs(graph);
  });

  it("over one axis", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 12, 3]);
    const spread = graph.add("SpaceToBatchND", [x, graph.integers([2]), graph.integers([2, 2], [1, 2])]);
    const wide = graph.add("ExpandDims", [spread, graph.integers(1)]);
    const y = graph.add("Conv2D", [wide, graph.random([1, 3, 3, 4])], convAttributes("VALID"));
    const narrow = graph.add("Squeeze", [y], { squeeze_dims: integers(1) });
    graph.flat(graph.add("BatchToSpaceND", [narrow, graph.integers([2]), graph.integers([0, 0], [1, 2])]));
    await expectSameAsTfjs(graph);
  });
});

describe("dense layers", () => {
  it.each([
    [false, [6, 4]],
    [true, [4, 6]],
  ] as const)("MatMul, transpose_b %j", async (transposed, dims) => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6]);
    const y = graph.add("MatMul", [x, graph.random([...dims])], {
      transpose_a: flag(false),
      transpose_b: flag(transposed),
      grad_a: flag(false),
      grad_b: flag(false),
    });
    graph.add("BiasAdd", [y, graph.random([4])], NHWC);
    await expectSameAsTfjs(graph);
  });

  it.each([[], ["Relu"], ["Relu6"], ["Elu"], ["LeakyRelu"], ["Sigmoid"], ["Prelu"]].map((one) => [one]))(
    "_FusedMatMul with BiasAdd and %j",
    async (activation) => {
      const graph = new GraphFile();
      const x = graph.input([-1, 6]);
      const inputs = [x, graph.random([6, 4]), graph.random([4])];
      if (activation[0] === "Prelu") inputs.push(graph.random([4]));
      const y = graph.add("_FusedMatMul", inputs, {
        transpose_a: flag(false),
        transpose_b: flag(false),
        fused_ops: texts("BiasAdd", ...activation),
        num_args: { i: String(inputs.length - 2) },
        epsilon: float(0),
        leakyrelu_alpha: float(0.2),
      });
      graph.end(y);
      await expectSameAsTfjs(graph);
    },
  );

  it.each(["BatchMatMul", "BatchMatMulV2"])("%s by constant weights", async (op) => {
    const graph = new GraphFile();
    const x = graph.input([-1, 5, 6]);
    const plain = { adj_x: flag(false), adj_y: flag(false) };
    const y = graph.add(op, [x, graph.random([1, 6, 4])], plain);
    graph.flat(graph.add(op, [y, graph.random([1, 3, 4])], { adj_x: flag(false), adj_y: flag(true) }));
    await expectSameAsTfjs(graph);
  });
});

describe("pools", () => {
  for (const op of ["MaxPool", "AvgPool"])
    it.each([
      ["VALID", [2, 2], [2, 2]],
      ["SAME", [3, 3], [2, 2]],
      ["SAME", [2, 3], [1, 1]],
      ["VALID", [3, 2], [1, 2]],
    ] as const)(`${op} %s window %j strides %j`, async (padding, window, strides) => {
      const graph = new GraphFile();
      const x = graph.input([-1, 7, 8, 3]);
      graph.flat(
        graph.add(op, [x], {
          ...NHWC,
          padding: text(padding),
          ksize: integers(1, ...window, 1),
          strides: integers(1, ...strides, 1),
          explicit_paddings: integers(),
        }),
      );
      await expectSameAsTfjs(graph);
    });
});

describe("normalisations", () => {
  it.each(["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"])("%s", async (op) => {
    const graph = new GraphFile();
    const x = graph.input([-1, 4, 5, 3]);
    const statistics = [0, 1, 2].map(() => graph.random([3]));
    const inputs = [x, ...statistics, graph.random([3], 0.5, 1.5)];
    graph.flat(
      graph.add(op, inputs, {
        ...NHWC,
        epsilon: float(0.001),
        is_training: flag(false),
        exponential_avg_factor: float(1),
        U: { type: "DT_FLOAT" },
      }),
    );
    await expectSameAsTfjs(graph);
  });

  it("what freezing leaves of one: Mul and AddV2 with a value per channel", async () => {
    const graph = new GraphFile();
    const x = graph.add("Relu", [graph.input([-1, 4, 5, 3])]);
    graph.flat(graph.add("AddV2", [graph.add("Mul", [x, graph.random([3])]), graph.random([3])]));
    await expectSameAsTfjs(graph);
  });

  it("Softmax at the end is stripped, one inside is kept", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6]);
    const inner = graph.add("Softmax", [graph.add("MatMul", [x, graph.random([6, 5])])]);
    const scores = graph.add("MatMul", [inner, graph.random([5, 4])]);
    graph.add("Identity", [graph.add("Softmax", [scores])]);
    const network = await expectSameAsTfjs(graph, { node: scores });
    expect(network.strippedSoftmax).toBe(true);
  });

  it("LogSoftmax at the end is stripped, one inside is spelled out", async () => {
    const graph = new GraphFile();
    const inner = graph.add("LogSoftmax", [
      graph.add("MatMul", [graph.input([-1, 6]), graph.random([6, 5])]),
    ]);
    const scores = graph.add("MatMul", [inner, graph.random([5, 4])]);
    graph.add("Identity", [graph.add("LogSoftmax", [scores])]);
    const network = await expectSameAsTfjs(graph, { node: scores });
    expect(network.strippedSoftmax).toBe(true);
    expect(network.nodes.map(({ op }) => op)).not.toContain("LogSoftmax");
  });

  it("LRN over neighbouring channels", async () => {
    const graph = new GraphFile();
    const options = { depth_radius: integer(2), bias: float(1), alpha: float(0.3), beta: float(0.75) };
    graph.flat(graph.add("LRN", [graph.input([-1, 3, 4, 7])], options));
    await expectSameAsTfjs(graph);
  });
});

describe("products of two values", () => {
  const plain = { adj_x: flag(false), adj_y: flag(false) };

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("BatchMatMulV2, adj_x %j, adj_y %j", async (x, y) => {
    const graph = new GraphFile();
    const image = graph.input([-1, 4, 5, 3]);
    const scaled = (dims: readonly number[]) => graph.add("Mul", [image, graph.random(dims)]);
    const turned = (value: string) => graph.add("Transpose", [value, graph.integers([0, 1, 3, 2])]);
    const [a, b] = [scaled([4, 5, 3]), scaled([5, 3])];
    const left = x ? turned(a) : a;
    const right = y ? b : turned(b);
    graph.flat(graph.add("BatchMatMulV2", [left, right], { adj_x: flag(x), adj_y: flag(y) }));
    await expectSameAsTfjs(graph, { low: 0.2 });
  });

  it("a constant by a value", async () => {
    const graph = new GraphFile();
    const y = graph.add("BatchMatMulV2", [graph.random([1, 6, 4]), graph.input([-1, 4, 5])], plain);
    graph.flat(y);
    await expectSameAsTfjs(graph);
  });

  it("one image by itself: the Gram matrix of its channels", async () => {
    const graph = new GraphFile();
    const rows = graph.add("Reshape", [graph.input([-1, 4, 5, 3]), graph.integers([-1, 20, 3])]);
    graph.flat(graph.add("BatchMatMulV2", [rows, rows], { adj_x: flag(true), adj_y: flag(false) }));
    await expectSameAsTfjs(graph, { low: 0.2 });
  });

  it("attention with heads: BatchMatMulV2, Softmax, BatchMatMulV2", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6, 8]);
    const heads = () => {
      const flat = graph.add("Reshape", [x, graph.integers([-1, 8])]);
      const projected = graph.add("MatMul", [flat, graph.random([8, 8], -0.3, 0.3)]);
      const split = graph.add("Reshape", [projected, graph.integers([-1, 6, 2, 4])]);
      return graph.add("Transpose", [split, graph.integers([0, 2, 1, 3])]);
    };
    const scores = graph.add("BatchMatMulV2", [heads(), heads()], { adj_x: flag(false), adj_y: flag(true) });
    const weights = graph.add("Softmax", [graph.add("Mul", [scores, graph.floats(0.5)])]);
    const mixed = graph.add("BatchMatMulV2", [weights, heads()], plain);
    const back = graph.add("Transpose", [mixed, graph.integers([0, 2, 1, 3])]);
    graph.flat(graph.add("Reshape", [back, graph.integers([-1, 6, 8])]));
    await expectSameAsTfjs(graph, { low: -1, high: 1 });
  });

  it("attention as Keras writes it: Einsum", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6, 8]);
    const equation = (value: string) => ({ equation: text(value), N: integer(2) });
    const projected = () =>
      graph.add("Einsum", [x, graph.random([8, 2, 4], -0.25, 0.25)], equation("abc,cde->abde"));
    const [query, key, value] = [projected(), projected(), projected()];
    const scores = graph.add("Einsum", [key, query], equation("aecd,abcd->acbe"));
    const weights = graph.add("Softmax", [scores]);
    const mixed = graph.add("Einsum", [weights, value], equation("acbe,aecd->abcd"));
    graph.flat(graph.add("Einsum", [mixed, graph.random([2, 4, 8], 0, 1)], equation("abcd,cde->abe")));
    await expectSameAsTfjs(graph, { low: 0.2, high: 1 });
  });

  it("of two images is refused", async () => {
    const graph = new GraphFile();
    const x = graph.input([-1, 6]);
    graph.add("MatMul", [x, x], { transpose_a: flag(false), transpose_b: flag(true) });
    await expect(networkOf(graph)).rejects.toThrow("it multiplies along the batch axis");
  });
});
