import type * as Tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { samePads2d } from "../../src/network/same_padding.js";
import { type Operator, type Pads, type Pair, sizeOf } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
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

describe("forward against tfjs", () => {
  test("MaxPool and AveragePool", () => {
    fc.assert(
      fc.property(
        image,
        pair(1, 4),
        pair(1, 3),
        fc.boolean(),
        fc.nat(),
        (shape, drawn, strides, same, seed) => {
          const kernel: Pair = same ? drawn : [Math.min(drawn[0], shape[0]), Math.min(drawn[1], shape[1])];
          const pads: Pads = same ? samePads2d([shape[0], shape[1]], kernel, strides) : [0, 0, 0, 0];
          const x = floats(randomValues(seed), sizeOf(shape));
          const pad = same ? "same" : "valid";
          const maximum = singleNode({ op: "MaxPool", kernel, strides, pads }, shape);
          expectAgreement(
            maximum,
            [x],
            (t) => tf.maxPool(t as Tf.Tensor4D, [...kernel], [...strides], pad),
            () => 0,
          );
          const mean = singleNode({ op: "AveragePool", kernel, strides, pads }, shape);
          const magnitude = forward(mean, abs(x));
          const n = kernel[0] * kernel[1];
          expectAgreement(
            mean,
            [x],
            (t) => tf.avgPool(t as Tf.Tensor4D, [...kernel], [...strides], pad),
            (i) => (n + 1) * u * magnitude[i],
          );
        },
      ),
    );
  });

  test("GlobalAveragePool and GlobalMaxPool", () => {
    fc.assert(
      fc.property(image, fc.nat(), (shape, seed) => {
        const x = floats(randomValues(seed), sizeOf(shape));
        expectAgreement(
          singleNode({ op: "GlobalMaxPool" }, shape),
          [x],
          (t) => t.max([1, 2]),
          () => 0,
        );
        const mean = singleNode({ op: "GlobalAveragePool" }, shape);
        const magnitude = forward(mean, abs(x));
        expectAgreement(
          mean,
          [x],
          (t) => t.mean([1, 2]),
          (i) => (shape[0] * shape[1] + 1) * u * magnitude[i],
        );
      }),
    );
  });

  test("Gemm", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 19 }),
        fc.integer({ min: 1, max: 19 }),
        fc.nat(),
        (inputs, units, seed) => {
          const random = randomValues(seed);
          const [weights, bias] = [floats(random, inputs * units), floats(random, units)];
          const node = singleNode({ op: "Gemm", units, weights, bias }, [inputs]);
          const x = floats(random, inputs);
          const magnitude = forward(
            singleNode({ op: "Gemm", units, weights: abs(weights), bias: abs(bias) }, [inputs]),
            abs(x),
          );
          const run = (t: Tf.Tensor) =>
            tf.matMul(t as Tf.Tensor2D, tf.tensor2d(weights, [inputs, units])).add(tf.tensor1d(bias));
          expectAgreement(node, [x], run, (i) => (inputs + 1) * u * magnitude[i]);
        },
      ),
    );
  });

  test("BatchNormalization", () => {
    fc.assert(
      fc.property(image, fc.nat(), (shape, seed) => {
        const random = randomValues(seed);
        const [scale, bias, mean] = [1, 2, 3].map(() => floats(random, shape[2]));
        const variance = abs(floats(random, shape[2]));
        const epsilon = 2 ** -10;
        const node = singleNode({ op: "BatchNormalization", scale, bias, mean, variance, epsilon }, shape);
        const x = floats(random, sizeOf(shape));
        const run = (t: Tf.Tensor) =>
          tf.batchNorm(
            t as Tf.Tensor4D,
            tf.tensor1d(mean),
            tf.tensor1d(variance),
            tf.tensor1d(bias),
            tf.tensor1d(scale),
            epsilon,
          );
        // tfjs rounds the factor's parts and the difference: 8 roundings in all.
        expectAgreement(node, [x], run, (i) => {
          const c = i % shape[2];
          const factor = Math.abs(scale[c]) / Math.sqrt(variance[c] + epsilon);
          return 8 * u * (factor * (Math.abs(x[i]) + Math.abs(mean[c])) + Math.abs(bias[c]));
        });
      }),
    );
  });

  test("Resize", () => {
    fc.assert(
      fc.property(image, pair(1, 13), fc.nat(), (shape, size, seed) => {
        const x = floats(randomValues(seed), sizeOf(shape));
        for (const coordinates of ["asymmetric", "half_pixel", "align_corners"] as const) {
          const linear = singleNode({ op: "Resize", mode: "linear", coordinates, size }, shape);
          const run = (t: Tf.Tensor) =>
            tf.image.resizeBilinear(
              t as Tf.Tensor4D,
              [...size],
              coordinates === "align_corners",
              coordinates === "half_pixel",
            );
          // tfjs rounds the source coordinate too, of the order of the image's size, where the slope is at most 2 a pixel.
          expectAgreement(linear, [x], run, () => 2 * u * (8 + 4 * Math.max(shape[0], shape[1])));
        }
      }),
    );
  });

  test("Resize to the nearest pixel, by integer factors", () => {
    fc.assert(
      fc.property(image, pair(1, 4), fc.nat(), (shape, factor, seed) => {
        const x = floats(randomValues(seed), sizeOf(shape));
        const size: Pair = [shape[0] * factor[0], shape[1] * factor[1]];
        const node = singleNode({ op: "Resize", mode: "nearest", coordinates: "asymmetric", size }, shape);
        expectAgreement(
          node,
          [x],
          (t) => tf.image.resizeNearestNeighbor(t as Tf.Tensor4D, [...size]),
          () => 0,
        );
      }),
    );
  });

  test("layout", () => {
    fc.assert(
      fc.property(
        image,
        fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)),
        fc.nat(),
        (shape, pads, seed) => {
          const random = randomValues(seed);
          const x = floats(random, sizeOf(shape));
          const exact = (operator: Operator, run: (...t: Tf.Tensor[]) => Tf.Tensor, inputs = 1) =>
            expectAgreement(
              singleNode(operator, ...new Array(inputs).fill(shape)),
              new Array(inputs).fill(x),
              run,
              () => 0,
            );
          exact({ op: "Pad", pads }, (t) => tf.pad(t, tfPads(pads)));
          const starts = shape.map((n) => random.integer(0, n - 1));
          const ends = shape.map((n, axis) => random.integer(starts[axis] + 1, n));
          exact({ op: "Slice", starts, ends }, (t) =>
            tf.slice(t, [0, ...starts], [1, ...ends.map((end, axis) => end - starts[axis])]),
          );
          const perm = random.pick([
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
          ]);
          exact({ op: "Transpose", perm }, (t) => tf.transpose(t, [0, ...perm.map((axis) => axis + 1)]));
          const axis = random.integer(0, 2);
          exact({ op: "Concat", axis }, (a, b) => tf.concat([a, b], axis + 1), 2);
          exact({ op: "Flatten" }, (t) => t.reshape([1, -1]));
        },
      ),
    );
  });

  test("arithmetic with broadcasting", () => {
    fc.assert(
      fc.property(
        image,
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.nat(),
        (shape, ones, seed) => {
          const other = shape.map((n, axis) => (ones[axis] ? 1 : n));
          const random = randomValues(seed);
          const [a, b] = [floats(random, sizeOf(shape)), floats(random, sizeOf(other))];
          const run = { Add: tf.add, Sub: tf.sub, Mul: tf.mul } as const;
          // One rounding of a value of at most 2.
          for (const op of ["Add", "Sub", "Mul"] as const)
            expectAgreement(
              singleNode({ op }, shape, other),
              [a, b],
              (s, t) => run[op](s, t),
              () => 2 * u,
            );
        },
      ),
    );
  });
});
