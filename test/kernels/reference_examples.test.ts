import { describe, expect, test } from "vitest";
import { referenceOperator } from "../../src/kernels/reference.js";
import type { Operator, Shape } from "../../src/network/spec.js";
import { expectValues } from "../support/expect_values.js";
import { singleNode } from "../support/single_node.js";

const f32 = (...values: number[]) => Float32Array.from(values);

/** Small enough to be checked by hand. */
interface Example {
  readonly name: string;
  readonly operator: Operator;
  readonly shapes: readonly Shape[];
  readonly inputs: readonly number[][];
  readonly shape: Shape;
  readonly output: number[];
  readonly cotangent: number[];
  readonly gradients: readonly number[][];
}

const unitWindow = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;

const examples: Example[] = [
  {
    // 1*1 + 2*10 + 4*100 + 5*1000 + 7 and so on.
    name: "Conv 2x2 on 2x3",
    operator: {
      op: "Conv",
      ...unitWindow,
      filters: 1,
      kernel: [2, 2],
      weights: f32(1, 10, 100, 1000),
      bias: f32(7),
    },
    shapes: [[2, 3, 1]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [1, 2, 1],
    output: [5428, 6539],
    cotangent: [1, 2],
    gradients: [[1, 10 + 2, 20, 100, 1000 + 200, 2000]],
  },
  {
    name: "Conv 1x1, two channels to three filters",
    operator: { op: "Conv", ...unitWindow, filters: 3, kernel: [1, 1], weights: f32(1, 2, 3, 40, 50, 60) },
    shapes: [[1, 2, 2]],
    inputs: [[1, 1, 2, -1]],
    shape: [1, 2, 3],
    output: [41, 52, 63, -38, -46, -54],
    cotangent: [1, 0, -1, 0, 1, 0],
    gradients: [[-2, -20, 2, 50]],
  },
  {
    // Pads: top 1, left 0, bottom 0, right 2; stride 1 down, 2 across. Rows: padding, image.
    name: "Conv with lopsided pads and strides",
    operator: {
      ...{ op: "Conv", filters: 1, kernel: [2, 2], strides: [1, 2], dilations: [1, 1], pads: [1, 0, 0, 2] },
      ...{ groups: 1, weights: f32(1, 10, 100, 1000) },
    } as Operator,
    shapes: [[1, 3, 1]],
    inputs: [[1, 2, 3]],
    shape: [1, 2, 1],
    output: [2100, 300],
    cotangent: [1, 2],
    gradients: [[100, 1000, 200]],
  },
  {
    name: "Conv dilated by 2",
    operator: {
      op: "Conv",
      ...unitWindow,
      dilations: [1, 2],
      filters: 1,
      kernel: [1, 2],
      weights: f32(1, 10),
    },
    shapes: [[1, 4, 1]],
    inputs: [[1, 2, 3, 4]],
    shape: [1, 2, 1],
    output: [31, 42],
    cotangent: [1, 2],
    gradients: [[1, 2, 10, 20]],
  },
  {
    // Weights [1, 1, C/G = 1, F = 4]: channel 0 makes outputs 0, 1 and channel 1 outputs 2, 3.
    name: "Conv depthwise with multiplier 2",
    operator: { op: "Conv", ...unitWindow, groups: 2, filters: 4, kernel: [1, 1], weights: f32(1, 2, 3, 4) },
    shapes: [[1, 1, 2]],
    inputs: [[10, 100]],
    shape: [1, 1, 4],
    output: [10, 20, 300, 400],
    cotangent: [1, 1, 1, -1],
    gradients: [[3, -1]],
  },
  {
    // Group 0: channels 0, 1 to filter 0; group 1: channels 2, 3 to filter 1. Weights [c][filter].
    name: "Conv in two groups",
    operator: { op: "Conv", ...unitWindow, groups: 2, filters: 2, kernel: [1, 1], weights: f32(1, 2, 3, 4) },
    shapes: [[1, 1, 4]],
    inputs: [[1, 10, 100, 1000]],
    shape: [1, 1, 2],
    output: [1 + 30, 200 + 4000],
    cotangent: [1, -1],
    gradients: [[1, 3, -2, -4]],
  },
  {
    name: "Gemm on two rows",
    operator: { op: "Gemm", units: 2, weights: f32(1, 2, 3, 4, 5, 6), bias: f32(100, 200) },
    shapes: [[2, 3]],
    inputs: [[1, 1, 1, 1, 0, -1]],
    shape: [2, 2],
    output: [109, 212, 96, 196],
    cotangent: [1, 0, 0, 1],
    gradients: [[1, 3, 5, 2, 4, 6]],
  },
  {
    name: "BatchNormalization",
    operator: {
      ...{ op: "BatchNormalization", scale: f32(2, 3), bias: f32(1, -1), mean: f32(1, 2) },
      ...{ variance: f32(3.75, 0), epsilon: 0.25 },
    } as Operator,
    shapes: [[2, 2]],
    inputs: [[3, 4, 1, 1]],
    shape: [2, 2],
    output: [3, 11, 1, -7],
    cotangent: [1, 1, -2, 0],
    gradients: [[1, 6, -2, 0]],
  },
  {
    name: "MaxPool: padding loses to negative values, the first of equals wins",
    operator: { op: "MaxPool", kernel: [2, 2], strides: [1, 2], pads: [1, 0, 0, 1] },
    shapes: [[2, 3, 1]],
    inputs: [[-1, -1, -3, -1, -5, -2]],
    shape: [2, 2, 1],
    output: [-1, -3, -1, -2],
    cotangent: [1, 2, 4, 8],
    gradients: [[5, 0, 2, 0, 0, 8]],
  },
  {
    name: "AveragePool: padding is not counted",
    operator: { op: "AveragePool", kernel: [1, 2], strides: [1, 2], pads: [0, 0, 0, 1] },
    shapes: [[1, 3, 2]],
    inputs: [[2, 10, 4, 20, 6, 30]],
    shape: [1, 2, 2],
    output: [3, 15, 6, 30],
    cotangent: [1, 2, 3, 4],
    gradients: [[0.5, 1, 0.5, 1, 3, 4]],
  },
  {
    name: "GlobalAveragePool",
    operator: { op: "GlobalAveragePool" },
    shapes: [[2, 2, 2]],
    inputs: [[1, 10, 2, 20, 3, 30, 4, 40]],
    shape: [2],
    output: [2.5, 25],
    cotangent: [4, -4],
    gradients: [[1, -1, 1, -1, 1, -1, 1, -1]],
  },
  {
    name: "GlobalMaxPool: the first of equals wins",
    operator: { op: "GlobalMaxPool" },
    shapes: [[3, 1, 2]],
    inputs: [[-3, 5, -2, 5, -2, 4]],
    shape: [2],
    output: [-2, 5],
    cotangent: [1, 2],
    gradients: [[0, 2, 1, 0, 0, 0]],
  },
  {
    name: "Add of three, broadcast",
    operator: { op: "Add" },
    shapes: [[2, 2], [2], [2, 1]],
    inputs: [
      [1, 2, 3, 4],
      [10, 20],
      [100, 200],
    ],
    shape: [2, 2],
    output: [111, 122, 213, 224],
    cotangent: [1, 2, 3, 4],
    gradients: [
      [1, 2, 3, 4],
      [4, 6],
      [3, 7],
    ],
  },
  {
    name: "Sub, the first broadcast",
    operator: { op: "Sub" },
    shapes: [[1], [3]],
    inputs: [[10], [1, 2, 3]],
    shape: [3],
    output: [9, 8, 7],
    cotangent: [1, 2, 4],
    gradients: [[7], [-1, -2, -4]],
  },
  {
    name: "Mul of a column by a row",
    operator: { op: "Mul" },
    shapes: [[2, 1], [3]],
    inputs: [
      [2, 3],
      [1, 10, 100],
    ],
    shape: [2, 3],
    output: [2, 20, 200, 3, 30, 300],
    cotangent: [1, 0, 0, 0, 1, -1],
    gradients: [
      [1, -90],
      [2, 3, -3],
    ],
  },
  {
    name: "Constant",
    operator: { op: "Constant", shape: [2], data: f32(0.5, -3) },
    shapes: [],
    inputs: [],
    shape: [2],
    output: [0.5, -3],
    cotangent: [1, 1],
    gradients: [],
  },
  {
    name: "Concat along channels",
    operator: { op: "Concat", axis: 1 },
    shapes: [
      [2, 2],
      [2, 1],
    ],
    inputs: [
      [1, 2, 3, 4],
      [10, 20],
    ],
    shape: [2, 3],
    output: [1, 2, 10, 3, 4, 20],
    cotangent: [1, 2, 3, 4, 5, 6],
    gradients: [
      [1, 2, 4, 5],
      [3, 6],
    ],
  },
  {
    name: "Pad by top 1, left 2",
    operator: { op: "Pad", pads: [1, 2, 0, 0] },
    shapes: [[1, 2, 1]],
    inputs: [[5, 6]],
    shape: [2, 4, 1],
    output: [0, 0, 0, 0, 0, 0, 5, 6],
    cotangent: [1, 2, 3, 4, 5, 6, 7, 8],
    gradients: [[7, 8]],
  },
  {
    name: "Slice",
    operator: { op: "Slice", starts: [1, 0], ends: [2, 2] },
    shapes: [[3, 3]],
    inputs: [[1, 2, 3, 4, 5, 6, 7, 8, 9]],
    shape: [1, 2],
    output: [4, 5],
    cotangent: [10, 20],
    gradients: [[0, 0, 0, 10, 20, 0, 0, 0, 0]],
  },
  {
    name: "Transpose",
    operator: { op: "Transpose", perm: [2, 0, 1] },
    shapes: [[1, 2, 3]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [3, 1, 2],
    output: [1, 4, 2, 5, 3, 6],
    cotangent: [1, 2, 3, 4, 5, 6],
    gradients: [[1, 3, 5, 2, 4, 6]],
  },
  {
    name: "Flatten",
    operator: { op: "Flatten" },
    shapes: [[2, 1, 2]],
    inputs: [[1, 2, 3, 4]],
    shape: [4],
    output: [1, 2, 3, 4],
    cotangent: [4, 3, 2, 1],
    gradients: [[4, 3, 2, 1]],
  },
  ...resizeExamples(),
];

/** On one row of 2 or 4 pixels. */
function resizeExamples(): Example[] {
  const cases = [
    { mode: "nearest", coordinates: "asymmetric", from: [1, 2], to: [1, 1, 2, 2], gradient: [3, 12] },
    { mode: "nearest", coordinates: "align_corners", from: [1, 2], to: [1, 1, 2, 2], gradient: [3, 12] },
    { mode: "nearest", coordinates: "asymmetric", from: [1, 2, 3, 4], to: [1, 3], gradient: [1, 0, 2, 0] },
    // Source coordinates 1/2 and 5/2.
    { mode: "nearest", coordinates: "half_pixel", from: [1, 2, 3, 4], to: [2, 4], gradient: [0, 1, 0, 2] },
    { mode: "linear", coordinates: "asymmetric", from: [0, 8], to: [0, 4, 8, 8], gradient: [2, 13] },
    // Source coordinates -1/4, 1/4, 3/4, 5/4.
    { mode: "linear", coordinates: "half_pixel", from: [0, 8], to: [0, 2, 6, 8], gradient: [3.5, 11.5] },
    { mode: "linear", coordinates: "half_pixel", from: [0, 8, 0, 4], to: [4, 2], gradient: [0.5, 0.5, 1, 1] },
    // Source coordinates 0, 1/3, 2/3, 1.
    {
      mode: "linear",
      coordinates: "align_corners",
      from: [0, 3],
      to: [0, 1, 2, 3],
      gradient: [11 / 3, 34 / 3],
    },
  ] as const;
  return cases.map(({ mode, coordinates, from, to, gradient }) => ({
    name: `Resize ${mode} ${coordinates} ${from.length} -> ${to.length}`,
    operator: { op: "Resize", mode, coordinates, size: [1, to.length] },
    shapes: [[1, from.length, 1]],
    inputs: [[...from]],
    shape: [1, to.length, 1],
    output: [...to],
    cotangent: to.map((_, i) => 2 ** i),
    gradients: [[...gradient]],
  }));
}

describe("examples worked by hand", () => {
  test.each(examples)("$name", ({ operator, shapes, inputs, shape, output, cotangent, gradients }) => {
    const node = singleNode(operator, ...shapes);
    expect(node.shape).toEqual(shape);
    const reference = referenceOperator(operator.op)!;
    const arrays = inputs.map((values) => Float64Array.from(values));
    const result = reference.forward(node, arrays);
    expectValues(result, output);
    const vjp = reference.vjp(node, arrays, result, Float64Array.from(cotangent));
    expect(vjp.length).toBe(gradients.length);
    gradients.forEach((expected, j) => {
      expectValues(vjp[j], expected);
    });
  });
});
