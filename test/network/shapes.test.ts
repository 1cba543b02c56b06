import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelError, UnsupportedOperatorError } from "../../src/errors.js";
import { samePads, samePads2d } from "../../src/network/same_padding.js";
import { inferShape } from "../../src/network/shapes.js";
import type { NodeSpec, Operator, Pads, Pair, Shape } from "../../src/network/spec.js";

const f32 = (length: number, fill = 0.5) => new Float32Array(length).fill(fill);
const image: Shape = [8, 9, 4];

function node<O extends Operator>(operator: O, inputs = 1): NodeSpec<O> {
  return { ...operator, name: "the node", inputs: Array.from({ length: inputs }, (_, i) => `x${i}`) };
}
const shapeOf = (operator: Operator, ...shapes: Shape[]) => inferShape(node(operator, shapes.length), shapes);

const conv = {
  op: "Conv",
  weights: f32(3 * 5 * 2 * 6),
  bias: f32(6),
  filters: 6,
  kernel: [3, 5],
  strides: [2, 1],
  dilations: [1, 2],
  pads: [1, 0, 0, 3],
  groups: 2,
} as const satisfies Operator;
const pool = {
  op: "MaxPool",
  kernel: [3, 2],
  strides: [2, 2],
  pads: [1, 0, 2, 1],
} as const satisfies Operator;
const norm = {
  op: "BatchNormalization",
  scale: f32(4),
  bias: f32(4),
  mean: f32(4),
  variance: f32(4),
  epsilon: 1e-3,
} as const satisfies Operator;
const resize = {
  op: "Resize",
  mode: "linear",
  coordinates: "half_pixel",
  size: [16, 3],
} as const satisfies Operator;

describe("shapes", () => {
  const cases: [string, Operator, Shape[], Shape][] = [
    ["Conv", conv, [image], [4, 4, 6]],
    [
      "depthwise Conv",
      { ...conv, groups: 4, filters: 8, weights: f32(3 * 5 * 8), bias: undefined },
      [image],
      [4, 4, 8],
    ],
    ["Gemm on a vector", { op: "Gemm", weights: f32(12), units: 3 }, [[4]], [3]],
    ["Gemm on the last axis", { op: "Gemm", weights: f32(12), bias: f32(3), units: 3 }, [image], [8, 9, 3]],
    ["BatchNormalization", norm, [image], image],
    ["MaxPool", pool, [image], [5, 5, 4]],
    ["AveragePool", { ...pool, op: "AveragePool", pads: [0, 0, 0, 0] }, [image], [3, 4, 4]],
    ["GlobalAveragePool", { op: "GlobalAveragePool" }, [image], [4]],
    ["GlobalMaxPool", { op: "GlobalMaxPool" }, [image], [4]],
    ["Add", { op: "Add" }, [image, [4], [9, 1]], image],
    [
      "Mul",
      { op: "Mul" },
      [
        [8, 1, 4],
        [9, 4],
      ],
      image,
    ],
    ["Sub", { op: "Sub" }, [[4], image], image],
    ["Constant", { op: "Constant", shape: [2, 3], data: f32(6) }, [], [2, 3]],
    ["Concat", { op: "Concat", axis: 1 }, [image, [8, 2, 4]], [8, 11, 4]],
    ["Pad", { op: "Pad", pads: [1, 2, 3, 4] }, [image], [12, 15, 4]],
    ["Slice", { op: "Slice", starts: [1, 0, 3], ends: [7, 9, 4] }, [image], [6, 9, 1]],
    ["Resize", resize, [image], [16, 3, 4]],
    ["Flatten", { op: "Flatten" }, [image], [288]],
    ["Reshape", { op: "Reshape", shape: [72, 2, 2] }, [image], [72, 2, 2]],
    ["Transpose", { op: "Transpose", perm: [2, 0, 1] }, [image], [4, 8, 9]],
    ["Identity", { op: "Identity" }, [image], image],
    ["Softmax", { op: "Softmax" }, [[4]], [4]],
    ["Relu", { op: "Relu" }, [image], image],
    ["Clip", { op: "Clip", min: 0, max: 6 }, [image], image],
    ["PRelu, one slope", { op: "PRelu", slope: f32(1) }, [image], image],
    ["PRelu per channel", { op: "PRelu", slope: f32(4) }, [image], image],
    ["PRelu per unit", { op: "PRelu", slope: f32(288) }, [image], image],
    ["HardSigmoid", { op: "HardSigmoid", alpha: 0.2, beta: 0.5 }, [image], image],
    ["Gelu", { op: "Gelu", approximate: "tanh" }, [image], image],
  ];
  it.each(cases)("%s", (_, operator, inputs, expected) => {
    expect(shapeOf(operator, ...inputs)).toEqual(expected);
  });
});

describe("a node that does not fit is refused in one line that names it", () => {
  const nan = f32(180);
  nan[7] = Number.NaN;
  const cases: [string, Operator, Shape[], RegExp][] = [
    [
      "Conv weights",
      { ...conv, weights: f32(179) },
      [image],
      /weights has 179 values, expected 180 \(3x5x2x6\)/,
    ],
    ["Conv NaN weight", { ...conv, weights: nan }, [image], /weights\[7\] is NaN/],
    [
      "Conv weights type",
      { ...conv, weights: [1] as unknown as Float32Array },
      [image],
      /expected a Float32Array/,
    ],
    ["Conv bias", { ...conv, bias: f32(5) }, [image], /bias has 5 values, expected 6/],
    ["Conv groups and channels", { ...conv, groups: 3 }, [image], /groups is 3, expected a divisor of 4/],
    ["Conv groups and filters", { ...conv, groups: 4 }, [image], /groups is 4/],
    ["Conv filters", { ...conv, filters: 0 }, [image], /filters is 0/],
    ["Conv stride", { ...conv, strides: [0, 1] }, [image], /strides is \[0,1\]/],
    ["Conv dilation", { ...conv, dilations: [1, 1.5] }, [image], /dilations is \[1,1.5\]/],
    ["Conv pads", { ...conv, pads: [0, 0, -1, 0] }, [image], /pads is \[0,0,-1,0\]/],
    ["Conv three pads", { ...conv, pads: [0, 0, 0] as unknown as Pads }, [image], /expected 4 integers/],
    ["Conv rank", conv, [[8, 4]], /input shape is 8x4, expected HxWxC/],
    ["Conv window", conv, [[1, 9, 4]], /window is 3x9, expected at most the padded input 2x12/],
    ["Gemm weights", { op: "Gemm", weights: f32(10), units: 3 }, [[4]], /has 10 values, expected 12/],
    [
      "Gemm bias",
      { op: "Gemm", weights: f32(12), bias: f32(1), units: 3 },
      [[4]],
      /bias has 1 values, expected 3/,
    ],
    ["BatchNormalization vector", { ...norm, mean: f32(3) }, [image], /mean has 3 values, expected 4/],
    [
      "BatchNormalization variance",
      { ...norm, variance: f32(4, -1) },
      [image],
      /variance\[0\] \+ epsilon is -0.9/,
    ],
    ["BatchNormalization epsilon", { ...norm, epsilon: Number.NaN }, [image], /epsilon is NaN/],
    [
      "pool pads",
      { ...pool, pads: [0, 2, 0, 0] },
      [image],
      /pads are \[0,2,0,0\], expected less than the kernel 3x2/,
    ],
    ["pool kernel", { ...pool, kernel: [0, 2] }, [image], /kernel is \[0,2\]/],
    ["pool rank", pool, [[4]], /expected HxWxC/],
    ["global pool rank", { op: "GlobalMaxPool" }, [[3, 4]], /expected HxWxC/],
    ["Add shapes", { op: "Add" }, [image, [8]], /input shapes are 8x9x4, 8, expected shapes that broadcast/],
    ["Add of one", { op: "Add" }, [image], /it has 1 inputs, expected at least 2/],
    ["Sub of three", { op: "Sub" }, [image, image, image], /it has 3 inputs, expected 2/],
    ["Relu of two", { op: "Relu" }, [image, image], /it has 2 inputs, expected 1/],
    ["Constant with input", { op: "Constant", shape: [1], data: f32(1) }, [image], /expected 0/],
    ["Constant data", { op: "Constant", shape: [2, 2], data: f32(3) }, [], /data has 3 values, expected 4/],
    ["Constant scalar", { op: "Constant", shape: [], data: f32(1) }, [], /at least one axis/],
    ["Concat axis", { op: "Concat", axis: 3 }, [image, image], /axis is 3/],
    ["Concat negative axis", { op: "Concat", axis: -1 }, [image, image], /axis is -1/],
    ["Concat shapes", { op: "Concat", axis: 2 }, [image, [8, 8, 4]], /differ on axis 2 only/],
    ["Concat ranks", { op: "Concat", axis: 0 }, [[4], [4, 1]], /differ on axis 0 only/],
    ["Pad", { op: "Pad", pads: [0, 0, 0, 0.5] }, [image], /pads is \[0,0,0,0.5\]/],
    [
      "Slice end",
      { op: "Slice", starts: [0, 0, 0], ends: [9, 1, 1] },
      [image],
      /axis 0 is 0:9, .* part of 0:8/,
    ],
    ["Slice empty", { op: "Slice", starts: [0, 2, 0], ends: [8, 2, 1] }, [image], /axis 1 is 2:2/],
    ["Slice rank", { op: "Slice", starts: [0], ends: [1] }, [image], /expected 3 integers/],
    ["Resize mode", { ...resize, mode: "cubic" as "linear" }, [image], /mode is cubic/],
    ["Resize coordinates", { ...resize, coordinates: "x" as "asymmetric" }, [image], /coordinates is x/],
    ["Resize size", { ...resize, size: [0, 1] }, [image], /size is \[0,1\]/],
    ["Resize rank", resize, [[4, 4]], /expected HxWxC/],
    ["Reshape", { op: "Reshape", shape: [7, 9, 4] }, [image], /shape is 7x9x4, expected the 288 values/],
    ["Reshape -1", { op: "Reshape", shape: [-1, 4] }, [image], /shape is \[-1,4\]/],
    ["Transpose", { op: "Transpose", perm: [0, 1, 1] }, [image], /perm is \[0,1,1\], expected each axis/],
    ["Clip", { op: "Clip", min: 6, max: 0 }, [image], /expected min < max/],
    ["Clip NaN", { op: "Clip", min: Number.NaN, max: 0 }, [image], /expected min < max/],
    ["PRelu", { op: "PRelu", slope: f32(2) }, [image], /slope has 2 values, expected 1, 4, 288/],
    ["LeakyRelu", { op: "LeakyRelu", alpha: Number.NaN }, [image], /alpha is NaN/],
    ["HardSigmoid", { op: "HardSigmoid", alpha: 1, beta: Infinity }, [image], /beta is Infinity/],
    ["Gelu", { op: "Gelu", approximate: "erf" as "none" }, [image], /approximate is erf/],
    ["huge", { op: "Pad", pads: [2 ** 20, 0, 0, 2 ** 20] }, [image], /expected at most 1073741824 values/],
  ];
  it.each(cases)("%s", (_, operator, inputs, message) => {
    const infer = () => shapeOf(operator, ...inputs);
    expect(infer).toThrow(ModelError);
    expect(infer).toThrow(message);
    expect(infer).toThrow(new RegExp(`^compile: node "the node" \\(${operator.op}\\): .*$`));
  });

  it("unknown operator", () => {
    const infer = () => shapeOf({ op: "LSTM" } as unknown as Operator, image);
    expect(infer).toThrow(UnsupportedOperatorError);
    expect(infer).toThrow(/layer "the node" uses LSTM/);
    expect(() => shapeOf({ op: "toString" } as unknown as Operator, image)).toThrow(UnsupportedOperatorError);
  });

  it("keeps hostile names on one line", () => {
    const hostile = { op: "Relu", name: `a\n${"b".repeat(1000)}`, inputs: [] } as const;
    expect(() => inferShape(hostile, [])).toThrow(
      /^compile: node "a\\nb{50,95}\.\.\." \(Relu\): it has 0 inputs/,
    );
  });
});

describe("properties", () => {
  const dimension = fc.integer({ min: 1, max: 12 });
  const small = fc.integer({ min: 1, max: 4 });

  it("window positions are those a loop over the padded axis finds", () => {
    fc.assert(
      fc.property(
        dimension,
        small,
        small,
        small,
        fc.nat(3),
        fc.nat(3),
        (size, kernel, stride, dilation, before, after) => {
          let positions = 0;
          for (let at = -before; at + (kernel - 1) * dilation < size + after; at += stride) positions++;
          const operator: Operator = {
            ...{ op: "Conv", weights: f32(kernel), filters: 1, groups: 1 },
            ...{
              kernel: [kernel, 1],
              strides: [stride, 1],
              dilations: [dilation, 1],
              pads: [before, 0, after, 0],
            },
          };
          if (positions === 0) expect(() => shapeOf(operator, [size, 1, 1])).toThrow(ModelError);
          else expect(shapeOf(operator, [size, 1, 1])).toEqual([positions, 1, 1]);
        },
      ),
    );
  });

  it("SAME padding gives ceil(size / stride) positions with the least padding, the odd one after", () => {
    fc.assert(
      fc.property(dimension, small, small, small, (size, kernel, stride, dilation) => {
        const [before, after] = samePads(size, kernel, stride, dilation);
        const positions = Math.ceil(size / stride);
        const covered = (positions - 1) * stride + (kernel - 1) * dilation + 1;
        expect(before + after).toBe(Math.max(0, covered - size));
        expect(after - before === 0 || after - before === 1).toBe(true);
      }),
    );
  });

  it("SAME padding of both axes is that of each", () => {
    const pads = samePads2d([224, 7], [3, 5], [2, 1] as Pair);
    expect(pads).toEqual([0, 2, 1, 2]);
  });

  it("broadcasting is symmetric and agrees with each input", () => {
    const shape = fc.array(fc.constantFrom(1, 1, 2, 3), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        const rank = Math.max(a.length, b.length);
        const [left, right] = [a, b].map((s) => [...Array<number>(rank - s.length).fill(1), ...s]);
        const fits = left.every((n, i) => n === right[i] || n === 1 || right[i] === 1);
        for (const pair of [
          [a, b],
          [b, a],
        ])
          if (fits)
            expect(shapeOf({ op: "Add" }, ...pair)).toEqual(left.map((n, i) => Math.max(n, right[i])));
          else expect(() => shapeOf({ op: "Add" }, ...pair)).toThrow(ModelError);
      }),
    );
  });
});
