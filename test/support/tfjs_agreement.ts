import { createRequire } from "node:module";
import type * as Tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect } from "vitest";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import type { Node, Pads } from "../../src/network/spec.js";
import type { RandomValues } from "./random_values.js";

/** TensorFlow.js 4 with every operator and layer. */
export const tf: typeof Tf = createRequire(import.meta.url)("@tensorflow/tfjs");

/** Unit roundoff of float32. */
export const u = 2 ** -24;

export function floats(random: RandomValues, count: number, range = 1): Float32Array {
  return Float32Array.from({ length: count }, () => random.uniform(-range, range));
}

/** What the reference makes of float32 inputs, and of the magnitudes of everything: the bound's `sum |a b|`. */
export function forward(node: Node, ...inputs: Float32Array[]): Float64Array {
  return referenceOf(node.op)!.forward(
    node,
    inputs.map((values) => Float64Array.from(values)),
  );
}

/** Runs tfjs on one batched image and compares value by value; `bound(i)` is the tolerance at value i. */
export function expectAgreement(
  node: Node,
  inputs: readonly Float32Array[],
  run: (...tensors: Tf.Tensor[]) => Tf.Tensor,
  bound: (i: number) => number,
): void {
  const expected = tf.tidy(() => {
    const tensors = inputs.map((values, j) => tf.tensor(values, [1, ...node.inputShapes[j]]));
    const result = run(...tensors);
    expect(result.shape.slice(1)).toEqual([...node.shape]);
    return result.dataSync();
  });
  const actual = forward(node, ...inputs);
  expect(actual.some((value) => value !== 0)).toBe(true);
  for (let i = 0; i < actual.length; i++)
    if (!(Math.abs(actual[i] - expected[i]) <= bound(i)))
      expect.fail(`${node.op} at ${i}: reference ${actual[i]}, tfjs ${expected[i]}, bound ${bound(i)}`);
}

export const abs = (values: Float32Array) => values.map(Math.abs);

export const pair = (low: number, high: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }));

/** `[H, W, C]`, small. */
export const image = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 6 }),
);

/** The explicit padding of tfjs for a batch of images. */
export const tfPads = ([top, left, bottom, right]: Pads): [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
] => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];
