import type * as Tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { samePads2d } from "../../src/network/same_padding.js";
import { type Conv, type Node, type Pads, type Pair, type Shape, sizeOf } from "../../src/network/spec.js";
import { type RandomValues, randomValues } from "../support/random_values.js";
import { singleNode } from "../support/single_node.js";
import {
  abs,
  expectAgreement,
  floats,
  forward,
  image,
  pair,
  tf,
  tfPads,
  u,
} from "../support/tfjs_agreement.js";

/** TensorFlow.js on its plain JavaScript backend, float32, is an independent implementation of the forwards. */
beforeAll(async () => {
  await tf.setBackend("cpu");
});

function convNode(shape: Shape, random: RandomValues, window: Partial<Conv>): Node<Conv> {
  const base = {
    filters: 1,
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
  } as const;
  const conv = { op: "Conv" as const, ...base, ...window };
  const fanIn = (conv.kernel[0] * conv.kernel[1] * shape[2]) / conv.groups;
  const weights = floats(random, fanIn * conv.filters);
  return singleNode({ ...conv, weights, bias: floats(random, conv.filters) }, shape) as Node<Conv>;
}

/** `(n + 1) u (|b| + sum |W x|)` for each of two evaluations, theirs in float32 and the oracle's, which is exact beside it. */
function convBound(node: Node<Conv>, x: Float32Array): (i: number) => number {
  const { kernel, groups, weights, bias, inputShapes } = node;
  const magnitude = forward({ ...node, weights: abs(weights), bias: abs(bias!) }, abs(x));
  const n = (kernel[0] * kernel[1] * inputShapes[0][2]) / groups;
  return (i) => (n + 1) * u * magnitude[i];
}

describe("convolution against tfjs", () => {
  const window = fc.record({
    shape: image,
    kernel: pair(1, 4),
    strides: pair(1, 3),
    dilations: pair(1, 3),
    dilated: fc.boolean(),
    same: fc.boolean(),
    extra: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
    seed: fc.nat(),
  });

  /** tfjs takes either a stride or a dilation; explicit pads large enough for the window. */
  function resolve({
    shape,
    kernel,
    strides,
    dilations,
    dilated,
    same,
    extra,
  }: {
    shape: Shape;
    kernel: Pair;
    strides: Pair;
    dilations: Pair;
    dilated: boolean;
    same: boolean;
    extra: Pads;
  }) {
    const chosen = dilated
      ? { strides: [1, 1] as const, dilations }
      : { strides, dilations: [1, 1] as const };
    const missing = [0, 1].map((axis) =>
      Math.max(0, (kernel[axis] - 1) * chosen.dilations[axis] + 1 - shape[axis]),
    );
    const explicit: Pads = [extra[0] + missing[0], extra[1] + missing[1], extra[2], extra[3]];
    const pads = same ? samePads2d([shape[0], shape[1]], kernel, chosen.strides, chosen.dilations) : explicit;
    return { kernel, ...chosen, pads, tfPad: same ? ("same" as const) : tfPads(pads) };
  }

  test("Conv", () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 6 }), (drawn, filters) => {
        const { tfPad, ...geometry } = resolve(drawn);
        const random = randomValues(drawn.seed);
        const node = convNode(drawn.shape, random, { ...geometry, filters });
        const x = floats(random, sizeOf(drawn.shape));
        const run = (t: Tf.Tensor) =>
          tf
            .conv2d(
              t as Tf.Tensor4D,
              tf.tensor4d(node.weights, [...geometry.kernel, drawn.shape[2], filters]),
              [...geometry.strides],
              tfPad,
              "NHWC",
              [...geometry.dilations],
            )
            .add(tf.tensor1d(node.bias!));
        expectAgreement(node, [x], run, convBound(node, x));
      }),
    );
  });

  test("Conv depthwise", () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 3 }), (drawn, multiplier) => {
        const { tfPad, ...geometry } = resolve(drawn);
        const channels = drawn.shape[2];
        const random = randomValues(drawn.seed);
        const node = convNode(drawn.shape, random, {
          ...geometry,
          filters: channels * multiplier,
          groups: channels,
        });
        const x = floats(random, sizeOf(drawn.shape));
        // [kernel][1][C * multiplier] here, [kernel][C][multiplier] there: the same order in memory.
        const run = (t: Tf.Tensor) =>
          tf
            .depthwiseConv2d(
              t as Tf.Tensor4D,
              tf.tensor4d(node.weights, [...geometry.kernel, channels, multiplier]),
              [...geometry.strides],
              tfPad,
              "NHWC",
              [...geometry.dilations],
            )
            .add(tf.tensor1d(node.bias!));
        expectAgreement(node, [x], run, convBound(node, x));
      }),
    );
  });

  test("Conv in groups, as convolutions side by side", () => {
    fc.assert(
      fc.property(
        image,
        fc.integer({ min: 2, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        (size, groups, perGroup, seed) => {
          const random = randomValues(seed);
          const shape = [size[0], size[1], size[2] * groups];
          const filters = perGroup * groups;
          const node = convNode(shape, random, { kernel: [3, 3], pads: [1, 1, 1, 1], groups, filters });
          const x = floats(random, sizeOf(shape));
          const run = (t: Tf.Tensor) => {
            const inputs = tf.split(t as Tf.Tensor4D, groups, 3);
            const kernels = tf.split(tf.tensor4d(node.weights, [3, 3, size[2], filters]), groups, 3);
            const parts = inputs.map((part, g) =>
              tf.conv2d(part as Tf.Tensor4D, kernels[g] as Tf.Tensor4D, 1, "same"),
            );
            return tf.concat(parts, 3).add(tf.tensor1d(node.bias!));
          };
          expectAgreement(node, [x], run, convBound(node, x));
        },
      ),
    );
  });
});
