/** Small randomly initialised instances of known architectures, as PyTorch's exporters write them. */

import type { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

type Attributes = Readonly<Record<string, Attribute>>;

/** A convolution as an exporter folds it: with the bias that a batch norm leaves. */
export function conv(
  m: Fixture,
  x: string,
  [inputs, outputs]: readonly [number, number],
  { kernel = 3, stride = 1, group = 1, pad = Math.floor(kernel / 2), dilation = 1 } = {},
): string {
  return m.node(
    "Conv",
    [x, m.weights([outputs, inputs / group, kernel, kernel]), m.weights([outputs], 0.3)],
    {
      dilations: [dilation, dilation],
      group,
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    },
  );
}

const relu = (m: Fixture, x: string): string => m.node("Relu", [x]);
const silu = (m: Fixture, x: string): string => m.node("Mul", [x, m.node("Sigmoid", [x])]);
const add = (m: Fixture, x: string, y: string): string => m.node("Add", [x, y]);

function maxPool(m: Fixture, x: string, kernel = 3, stride = 2, pad = 1, ceil = 0): string {
  return m.node("MaxPool", [x], {
    ceil_mode: ceil,
    dilations: [1, 1],
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
    strides: [stride, stride],
  });
}

function linear(m: Fixture, x: string, inputs: number, outputs: number): string {
  const attributes: Attributes = { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 };
  return m.node("Gemm", [x, m.weights([outputs, inputs]), m.weights([outputs], 0.3)], attributes);
}

/** A linear layer on tokens. */
function project(m: Fixture, x: string, inputs: number, outputs: number): string {
  return m.node("Add", [m.weights([outputs], 0.3), m.node("MatMul", [x, m.weights([inputs, outputs])])]);
}

/** GlobalAveragePool and Flatten, or ReduceMean with its axes as an input and Reshape. */
function pooled(m: Fixture, x: string, channels: number): string {
  if (m.opset < 18) return m.node("Flatten", [m.node("GlobalAveragePool", [x])], { axis: 1 });
  const mean = m.node("ReduceMean", [x, m.int64s([-1, -2])], { keepdims: 1, noop_with_empty_axes: 0 });
  return m.node("Reshape", [mean, m.int64s([-1, channels])], { allowzero: 1 });
}

function norm(m: Fixture, x: string, channels: number): string {
  const statistics = [0.8, -0.2, -0.2, 0.6].map((low) => m.uniform([channels], low, low + 0.5));
  return m.node("BatchNormalization", [x, ...statistics], { epsilon: { float: 1e-5 }, training_mode: 0 });
}

function layerNorm(m: Fixture, x: string, width: number): string {
  const inputs = [x, m.uniform([width], 0.5, 1.5), m.weights([width], 0.3)];
  return m.node("LayerNormalization", inputs, { axis: -1, epsilon: { float: 1e-6 } });
}

/** Gelu as an operator, or as what tracing makes of it. */
function gelu(m: Fixture, x: string): string {
  if (m.opset >= 20) return m.node("Gelu", [x]);
  const inner = m.node("Erf", [m.node("Div", [x, m.constant([], [Math.SQRT2])])]);
  const product = m.node("Mul", [x, m.node("Add", [inner, m.constant([], [1])])]);
  return m.node("Mul", [product, m.constant([], [0.5])]);
}

function excite(m: Fixture, x: string, channels: number, gate: (x: string) => string): string {
  const mean =
    m.opset < 18
      ? m.node("GlobalAveragePool", [x])
      : m.node("ReduceMean", [x, m.int64s([2, 3])], { keepdims: 1 });
  const inner = relu(m, conv(m, mean, [channels, 2], { kernel: 1 }));
  return m.node("Mul", [gate(conv(m, inner, [2, channels], { kernel: 1 })), x]);
}

function attention(m: Fixture, x: string, tokens: number, width: number, heads: number): string {
  const qkv = project(m, x, width, 3 * width);
  const split = m.node("Reshape", [qkv, m.int64s([-1, tokens, 3, heads, width / heads])]);
  const turned = m.node("Transpose", [split], { perm: [2, 0, 3, 1, 4] });
  const [q, k, v] = [0, 1, 2].map((i) => m.node("Gather", [turned, m.int64s([i], [])], { axis: 0 }));
  const scaled = m.node("Mul", [q, m.floats([], [(width / heads) ** -0.5])]);
  const scores = m.node("MatMul", [scaled, m.node("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  const mixed = m.node("MatMul", [m.node("Softmax", [scores], { axis: -1 }), v]);
  const back = m.node("Reshape", [
    m.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
    m.int64s([-1, tokens, width]),
  ]);
  return project(m, back, width, width);
}

function mlp(m: Fixture, x: string, width: number, hidden: number): string {
  return project(m, gelu(m, project(m, x, width, hidden)), hidden, width);
}

/** Patches as tokens: a convolution with a stride, Reshape, Transpose. */
function patches(m: Fixture, width: number, tokens: number): string {
  const map = conv(m, m.x, [3, width], { kernel: 4, stride: 4, pad: 0 });
  return m.node("Transpose", [m.node("Reshape", [map, m.int64s([-1, width, tokens])])], { perm: [0, 2, 1] });
}

/** Makes the scores of a fixture whose input is `[N, 3, 16, 16]`. */
export const ARCHITECTURES: Readonly<Record<string, (m: Fixture) => string>> = {
  AlexNet(m) {
    const first = relu(m, conv(m, m.x, [3, 6], { kernel: 5, stride: 2, pad: 2 }));
    const local = m.node("LRN", [first], { size: 5, alpha: { float: 1e-4 }, beta: { float: 0.75 } });
    const second = relu(m, conv(m, maxPool(m, local, 3, 2, 0), [6, 8], { group: 2 }));
    const flat = m.node("Flatten", [second], { axis: 1 });
    const hidden = m.node("Dropout", [relu(m, linear(m, flat, 72, 12))]);
    return linear(m, hidden, 12, 5);
  },
  VGG(m) {
    let x = relu(m, conv(m, relu(m, conv(m, m.x, [3, 6])), [6, 6]));
    x = maxPool(m, x, 2, 2, 0);
    x = maxPool(m, relu(m, conv(m, x, [6, 8])), 2, 2, 0);
    const flat = m.node("Flatten", [x], { axis: 1 });
    return linear(m, relu(m, linear(m, flat, 128, 12)), 12, 5);
  },
  ResNet(m) {
    const stem = maxPool(m, relu(m, conv(m, m.x, [3, 8], { kernel: 7, stride: 2 })));
    const inner = conv(m, relu(m, conv(m, stem, [8, 8])), [8, 8]);
    const first = relu(m, add(m, inner, stem));
    const down = conv(m, first, [8, 12], { kernel: 1, stride: 2 });
    const second = conv(m, relu(m, conv(m, first, [8, 12], { stride: 2 })), [12, 12]);
    return linear(m, pooled(m, relu(m, add(m, second, down)), 12), 12, 5);
  },
  ResNeXt(m) {
    const stem = relu(m, conv(m, m.x, [3, 8], { stride: 2 }));
    const wide = relu(m, conv(m, relu(m, conv(m, stem, [8, 16], { kernel: 1 })), [16, 16], { group: 4 }));
    return linear(m, pooled(m, relu(m, add(m, conv(m, wide, [16, 8], { kernel: 1 }), stem)), 8), 8, 5);
  },
  SqueezeNet(m) {
    const fire = (x: string, inputs: number) => {
      const squeezed = relu(m, conv(m, x, [inputs, 4], { kernel: 1 }));
      const parts = [1, 3].map((kernel) => relu(m, conv(m, squeezed, [4, 6], { kernel })));
      return m.node("Concat", parts, { axis: 1 });
    };
    const stem = maxPool(m, relu(m, conv(m, m.x, [3, 8], { stride: 2, pad: 0 })), 3, 2, 0, 1);
    const scores = relu(m, conv(m, m.node("Dropout", [fire(fire(stem, 8), 12)]), [12, 5], { kernel: 1 }));
    return m.node("Flatten", [m.node("GlobalAveragePool", [scores])], { axis: 1 });
  },
  "MobileNet v2"(m) {
    const relu6 = (x: string) => m.node("Clip", [x, m.constant([], [0]), m.constant([], [6])]);
    const stem = relu6(conv(m, m.x, [3, 6], { stride: 2 }));
    const wide = relu6(conv(m, stem, [6, 18], { kernel: 1 }));
    const depth = relu6(conv(m, wide, [18, 18], { group: 18 }));
    const narrow = add(m, stem, conv(m, depth, [18, 6], { kernel: 1 }));
    return linear(m, pooled(m, relu6(conv(m, narrow, [6, 12], { kernel: 1 })), 12), 12, 5);
  },
  "MobileNet v3"(m) {
    const swish = (x: string) => m.node("HardSwish", [x]);
    const stem = swish(conv(m, m.x, [3, 6], { stride: 2 }));
    const depth = relu(m, conv(m, stem, [6, 6], { kernel: 5, group: 6, stride: 2 }));
    const gate = (x: string) => m.node("HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    const excited = conv(m, excite(m, depth, 6, gate), [6, 10], { kernel: 1 });
    return linear(m, swish(linear(m, pooled(m, excited, 10), 10, 14)), 14, 5);
  },
  ShuffleNet(m) {
    const shuffle = (x: string, channels: number, size: number) => {
      const split = m.node("Reshape", [x, m.int64s([-1, 2, channels / 2, size, size])]);
      const turned = m.node("Transpose", [split], { perm: [0, 2, 1, 3, 4] });
      return m.node("Reshape", [turned, m.int64s([-1, channels, size, size])]);
    };
    const branch = (x: string, inputs: number, stride: number) => {
      const first = relu(m, conv(m, x, [inputs, 6], { kernel: 1 }));
      const depth = conv(m, first, [6, 6], { group: 6, stride });
      return relu(m, conv(m, depth, [6, 6], { kernel: 1 }));
    };
    const stem = relu(m, conv(m, m.x, [3, 6], { stride: 2 }));
    const side = conv(m, stem, [6, 6], { group: 6, stride: 2 });
    const pair = [relu(m, conv(m, side, [6, 6], { kernel: 1 })), branch(stem, 6, 2)];
    const mixed = shuffle(m.node("Concat", pair, { axis: 1 }), 12, 4);
    const [kept, rest] = m.split("Split", [mixed, m.int64s([6, 6])], 2, { axis: 1 });
    const joined = m.node("Concat", [kept, branch(rest, 6, 1)], { axis: 1 });
    return linear(m, pooled(m, shuffle(joined, 12, 4), 12), 12, 5);
  },
  DenseNet(m) {
    const layer = (x: string, channels: number) => {
      const inner = conv(m, relu(m, norm(m, x, channels)), [channels, 8], { kernel: 1 });
      return m.node("Concat", [x, conv(m, relu(m, norm(m, inner, 8)), [8, 4])], { axis: 1 });
    };
    const stem = maxPool(m, relu(m, conv(m, m.x, [3, 8], { stride: 2 })));
    const dense = layer(layer(stem, 8), 12);
    const narrow = conv(m, relu(m, norm(m, dense, 16)), [16, 8], { kernel: 1 });
    const halved = m.node("AveragePool", [narrow], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 0 });
    return linear(m, pooled(m, relu(m, norm(m, layer(halved, 8), 12)), 12), 12, 5);
  },
  GoogLeNet(m) {
    // The input is normalised anew, a channel at a time.
    const channels = [0, 1, 2].map((c) => {
      const one = m.node("Unsqueeze", [
        m.node("Gather", [m.x, m.int64s([c], [])], { axis: 1 }),
        m.int64s([1]),
      ]);
      return add(m, m.node("Mul", [one, m.constant([], [0.458])]), m.constant([], [-0.03 - c / 100]));
    });
    const x = relu(m, conv(m, m.node("Concat", channels, { axis: 1 }), [3, 8], { stride: 2 }));
    const stem = maxPool(m, x, 3, 2, 0, 1);
    const branches = [
      relu(m, conv(m, stem, [8, 4], { kernel: 1 })),
      relu(m, conv(m, relu(m, conv(m, stem, [8, 4], { kernel: 1 })), [4, 6])),
      relu(m, conv(m, maxPool(m, stem, 3, 1, 1, 1), [8, 4], { kernel: 1 })),
    ];
    return linear(m, pooled(m, m.node("Concat", branches, { axis: 1 }), 14), 14, 5);
  },
  Inception(m) {
    const stem = relu(m, conv(m, m.x, [3, 8], { stride: 2, pad: 0 }));
    const row = m.node("Conv", [stem, m.weights([4, 8, 1, 5]), m.weights([4])], { pads: [0, 2, 0, 2] });
    const column = m.node("Conv", [relu(m, row), m.weights([4, 4, 5, 1]), m.weights([4])], {
      pads: [2, 0, 2, 0],
    });
    const mean = m.node("AveragePool", [stem], {
      count_include_pad: 1,
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [1, 1],
    });
    const parts = [relu(m, column), relu(m, conv(m, mean, [8, 4], { kernel: 1 }))];
    return linear(m, pooled(m, m.node("Concat", parts, { axis: 1 }), 8), 8, 5);
  },
  EfficientNet(m) {
    const stem = silu(m, conv(m, m.x, [3, 6], { stride: 2 }));
    const wide = silu(m, conv(m, stem, [6, 12], { kernel: 1 }));
    const depth = silu(m, conv(m, wide, [12, 12], { kernel: 5, group: 12 }));
    const mean =
      m.opset < 18
        ? m.node("GlobalAveragePool", [depth])
        : m.node("ReduceMean", [depth, m.int64s([2, 3])], { keepdims: 1 });
    const inner = silu(m, conv(m, mean, [12, 3], { kernel: 1 }));
    const gate = m.node("Sigmoid", [conv(m, inner, [3, 12], { kernel: 1 })]);
    const narrow = add(m, conv(m, m.node("Mul", [gate, depth]), [12, 6], { kernel: 1 }), stem);
    return linear(m, pooled(m, silu(m, conv(m, narrow, [6, 12], { kernel: 1 })), 12), 12, 5);
  },
  RegNet(m) {
    const stem = relu(m, conv(m, m.x, [3, 8], { stride: 2 }));
    const inner = relu(m, conv(m, stem, [8, 12], { kernel: 1 }));
    const grouped = relu(m, conv(m, inner, [12, 12], { group: 3, stride: 2 }));
    const excited = excite(m, grouped, 12, (x) => m.node("Sigmoid", [x]));
    const side = conv(m, stem, [8, 12], { kernel: 1, stride: 2 });
    return linear(m, pooled(m, relu(m, add(m, side, conv(m, excited, [12, 12], { kernel: 1 }))), 12), 12, 5);
  },
  ConvNeXt(m) {
    const last = (x: string) => m.node("Transpose", [x], { perm: [0, 2, 3, 1] });
    const first = (x: string) => m.node("Transpose", [x], { perm: [0, 3, 1, 2] });
    const stem = first(layerNorm(m, last(conv(m, m.x, [3, 8], { kernel: 4, stride: 4, pad: 0 })), 8));
    const depth = layerNorm(m, last(conv(m, stem, [8, 8], { kernel: 7, group: 8 })), 8);
    const scaled = m.node("Mul", [m.uniform([8, 1, 1], 0.1, 1), first(mlp(m, depth, 8, 16))]);
    const block = add(m, scaled, stem);
    const normalised = first(layerNorm(m, last(m.node("GlobalAveragePool", [block])), 8));
    return linear(m, m.node("Flatten", [normalised], { axis: 1 }), 8, 5);
  },
  "MLP-Mixer"(m) {
    const tokens = patches(m, 8, 16);
    const turn = (x: string) => m.node("Transpose", [x], { perm: [0, 2, 1] });
    const mixed = add(m, tokens, turn(mlp(m, turn(layerNorm(m, tokens, 8)), 16, 12)));
    const out = layerNorm(m, add(m, mixed, mlp(m, layerNorm(m, mixed, 8), 8, 16)), 8);
    const mean =
      m.opset < 18
        ? m.node("ReduceMean", [out], { axes: [1], keepdims: 0 })
        : m.node("ReduceMean", [out, m.int64s([1])], { keepdims: 0 });
    return linear(m, mean, 8, 5);
  },
  ViT(m) {
    const tokens = patches(m, 8, 16);
    const batch = m.node("Gather", [m.node("Shape", [tokens]), m.constant64([0], [])], { axis: 0 });
    const shape = m.node("Concat", [m.node("Unsqueeze", [batch, m.int64s([0])]), m.int64s([-1, -1])], {
      axis: 0,
    });
    // -1 keeps an axis as it is: torch.expand, by Equal and Where.
    const ones = m.node("ConstantOfShape", [m.int64s([3])], {
      value: { tensor: { type: 7, dims: [1], int64s: [1] } },
    });
    const open = m.node("Equal", [shape, m.node("Mul", [ones, m.int64s([-1], [])])]);
    const token = m.node("Expand", [m.weights([1, 1, 8]), m.node("Where", [open, ones, shape])]);
    const all = add(m, m.node("Concat", [token, tokens], { axis: 1 }), m.weights([1, 17, 8]));
    const attended = add(m, all, attention(m, layerNorm(m, all, 8), 17, 8, 2));
    const out = layerNorm(m, add(m, attended, mlp(m, layerNorm(m, attended, 8), 8, 16)), 8);
    return linear(m, m.node("Gather", [out, m.int64s([0], [])], { axis: 1 }), 8, 5);
  },
  Swin(m) {
    const map = conv(m, m.x, [3, 8], { kernel: 4, stride: 4, pad: 0 });
    const grid = layerNorm(m, m.node("Transpose", [map], { perm: [0, 2, 3, 1] }), 8);
    // Shifted by one: rows and columns are cut and joined the other way round.
    const roll = (x: string, axis: number, by: number) => {
      const part = (start: number, end: number) =>
        m.node("Slice", [x, ...[[start], [end], [axis]].map((list) => m.int64s(list))]);
      return m.node("Concat", [part(by, 2 ** 53), part(0, by)], { axis });
    };
    const shifted = roll(roll(grid, 1, 1), 2, 1);
    const windows = m.node("Transpose", [m.node("Reshape", [shifted, m.int64s([-1, 2, 2, 2, 2, 8])])], {
      perm: [0, 1, 3, 2, 4, 5],
    });
    const rows = m.node("Reshape", [windows, m.int64s([-1, 4, 8])]);
    const mixed = m.node("Reshape", [attention(m, rows, 4, 8, 2), m.int64s([-1, 2, 2, 2, 2, 8])]);
    const joined = m.node("Reshape", [
      m.node("Transpose", [mixed], { perm: [0, 1, 3, 2, 4, 5] }),
      m.int64s([-1, 4, 4, 8]),
    ]);
    const block = add(m, grid, roll(roll(joined, 1, -1), 2, -1));
    // Patches are merged: every second row and column, four ways.
    const steps = [0, 1].flatMap((column) =>
      [0, 1].map((row) =>
        m.node("Slice", [
          block,
          ...[
            [row, column],
            [2 ** 53, 2 ** 53],
            [1, 2],
            [2, 2],
          ].map((list) => m.int64s(list)),
        ]),
      ),
    );
    const merged = layerNorm(m, m.node("Concat", steps, { axis: -1 }), 32);
    const narrow = m.node("MatMul", [merged, m.weights([32, 12])]);
    const first = m.node("Transpose", [narrow], { perm: [0, 3, 1, 2] });
    return linear(m, pooled(m, first, 12), 12, 5);
  },
};
