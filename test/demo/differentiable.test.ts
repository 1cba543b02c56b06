import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchNormalisation, batchStatistics, convolution } from "../../scripts/demo/differentiable.js";
import { tf, useWasm } from "../../scripts/demo/tf.js";

/** Largest sum of |products| behind one value of the gradients below, times 2^-24, with room for its square root. */
const TOLERANCE = 2 ** -24 * 4096;

beforeAll(useWasm);
afterAll(() => tf.disposeVariables());

/** Values and gradients of `sum(f(...) * cotangent)`, computed on `backend`. */
async function gradientsOn(
  backend: string,
  f: (...args: never[]) => Tensor,
  inputs: Tensor[],
): Promise<number[][]> {
  const values = await Promise.all(inputs.map(async (t) => ({ data: await t.data(), shape: t.shape })));
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const fresh = values.map(({ data, shape }) => tf.tensor(data, shape));
    const y = f(...(fresh as never[]));
    const cotangent = tf.randomNormal(y.shape, 0, 1, "float32", 5);
    const gradients = tf.grads((...args: Tensor[]) => tf.sum(tf.mul(f(...(args as never[])), cotangent)))(
      fresh,
    );
    return [y, ...gradients].map((t) => Array.from(t.dataSync()));
  });
}

function expectClose(ours: number[][], theirs: number[][]): void {
  ours.forEach((values, i) => {
    expect(values.length).toBe(theirs[i].length);
    expect(theirs[i].some((value) => Math.abs(value) > 0.1)).toBe(true);
    const largest = Math.max(...values.map((value, j) => Math.abs(value - theirs[i][j])));
    expect(largest).toBeLessThan(TOLERANCE);
  });
}

describe("convolution", () => {
  it.each([
    { kernel: 3, stride: 1 },
    { kernel: 3, stride: 2 },
    { kernel: 1, stride: 1 },
    { kernel: 1, stride: 2 },
  ] as const)(
    "kernel $kernel, stride $stride: as tf.conv2d on the cpu backend",
    async ({ kernel, stride }) => {
      const x = tf.randomNormal([2, 8, 6, 3], 0, 1, "float32", 1);
      const w = tf.randomNormal([kernel, kernel, 3, 5], 0, 1, "float32", 2);
      const ours = await gradientsOn("wasm", (x: Tensor4D, w: Tensor4D) => convolution(x, w, stride), [x, w]);
      const theirs = await gradientsOn("cpu", (x: Tensor4D, w: Tensor4D) => tf.conv2d(x, w, stride, "same"), [
        x,
        w,
      ]);
      expectClose(ours, theirs);
    },
  );
});

describe("batchNormalisation", () => {
  it("is differentiated through the batch's statistics, as written out in tfjs operators", async () => {
    const x = tf.randomNormal([3, 4, 6, 5], 1, 2, "float32", 3);
    const scale = tf.randomNormal([5], 1, 0.5, "float32", 4);
    const offset = tf.randomNormal([5], 0, 1, "float32", 6);
    const ours = await gradientsOn(
      "wasm",
      (x: Tensor4D, s: Tensor1D, o: Tensor1D) => batchNormalisation(x, s, o, batchStatistics(x), 1e-3),
      [x, scale, offset],
    );
    const theirs = await gradientsOn(
      "cpu",
      (x: Tensor4D, s: Tensor1D, o: Tensor1D) => {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return x.sub(mean).div(variance.add(1e-3).sqrt()).mul(s).add(o);
      },
      [x, scale, offset],
    );
    expectClose(ours, theirs);
  });
});
