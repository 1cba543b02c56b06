import { describe, expect, test } from "vitest";
import { DENSE_COLUMNS, denseShader } from "../../src/kernels/dense/wgsl.js";
import { dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { storeWeights } from "../../src/kernels/webgpu/store_weights.js";
import type { Conv, Node, Pair } from "../../src/network/spec.js";
import { expectGuarded } from "../support/guarded.js";
import { nodeWithHalves, roundedToHalf } from "../support/half_weights.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runDispatches } from "../support/wgsl_kernel.js";

const gpu = await openGpu();
const U = 2 ** -24;

interface Case {
  readonly channels: number;
  readonly filters: number;
  readonly groups?: number;
  readonly kernel?: Pair;
  readonly strides?: Pair;
  /** Of the weights: far outside of half precision, were they not scaled. */
  readonly magnitude?: number;
}

/** Every tile of columns forward and backward, channels by fours and not, classes of pixels, groups. */
const CASES: readonly Case[] = [
  { channels: 3, filters: 16 },
  { channels: 16, filters: 32, strides: [2, 2], magnitude: 2 ** 40 },
  { channels: 32, filters: 65, kernel: [1, 1], magnitude: 1e-9 },
  { channels: 65, filters: 6 },
  { channels: 64, filters: 34, kernel: [1, 2], groups: 2 },
];

// Devices need no feature for it.
describe.skipIf(!gpu)("WGSL with weights in half precision, on a device without features", async () => {
  const device = gpu ? await requestTestDevice(gpu, { features: [] }) : (undefined as never);

  describe.each([false, true])("convolution, small tiles %s", (small) => {
    for (const [i, given] of CASES.entries())
      test(`equals that of the rounded weights to (terms + 2) u sum |w x|: ${JSON.stringify(given)}`, () => {
        const { channels, filters, groups = 1, kernel = [3, 3], strides = [1, 1], magnitude = 1 } = given;
        const values = randomValues(i);
        const random = (length: number, size = 1) =>
          Float32Array.from({ length }, () => values.uniform(-2, 2) * size);
        const taps = kernel[0] * kernel[1];
        const operator: Conv = {
          op: "Conv",
          weights: random((taps * channels * filters) / groups, magnitude),
          bias: random(filters, magnitude),
          filters,
          groups,
          kernel,
          strides,
          dilations: [1, 1],
          pads: [1, 0, 1, 1],
        };
        const step = randomStep(operator, [[5, 4, channels]], i % 4);
        const exact = nodeWithHalves(step.node) as Node<Conv>;
        const magnitudes = {
          ...exact,
          weights: exact.weights.map(Math.abs),
          bias: exact.bias?.map(Math.abs),
        } as Node;
        expect(exact.weights).not.toEqual(operator.weights);
        return expectStep(
          device,
          { ...step, weights: "float16", small },
          {
            forward: (taps * channels) / groups + 2,
            vjp: (taps * filters) / groups + 1,
            magnitude: magnitudes,
            exact: exact as Node,
          },
        );
      });
  });

  for (const [inputs, units] of [
    [1, 1],
    [5, 4],
    [260, 17],
    [257, 36],
  ])
    for (const rows of [1, 8])
      test(`dense equals that of the rounded weights to (C + 2) u (|b| + sum |x w|): ${inputs} inputs, ${units} units, ${rows} rows`, async () => {
        const random = randomValues(inputs + units);
        const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
        const images = 3;
        const [x, weights, bias] = [draw(images * inputs), draw(inputs * units), draw(units)];
        const padded = 4 * Math.ceil(units / 4);
        const packed = new Float32Array(inputs * padded);
        for (let d = 0; d < inputs; d++) packed.set(weights.subarray(d * units, (d + 1) * units), d * padded);
        const biases = new Float32Array(padded);
        biases.set(bias);
        const stored = storeWeights("weights", weights, packed, {
          weights: "float16",
          constant: (label, data) => new Tensor(data.length, "constant", label, data),
        });
        expect(stored.weights.units).toBe(packed.length / 2);
        const tensors = {
          x: new Tensor(inputs, "images", "x"),
          y: new Tensor(units, "images", "y"),
          weights: stored.weights,
          bias: new Tensor(padded, "constant", "bias", biases),
        };
        const [vectorDepth, vectorColumns] = [inputs % 4 === 0, units % 4 === 0];
        const made = dispatch(
          "dense",
          denseShader({ rows, vectorDepth, vectorColumns, added: false, storage: stored.storage }),
          { inputs, units, weightScale: stored.weightScale, low: -Infinity, high: Infinity },
          tensors,
          { rows: 1, tile: rows, times: Math.ceil(units / DENSE_COLUMNS) },
        );
        const found = await runDispatches(device, [made], new Map([[tensors.x, x]]), { images });
        const halves = roundedToHalf(weights);
        const terms = (at: number) => {
          const [n, o] = [Math.floor(at / units), at % units];
          return [
            bias[o],
            ...Array.from({ length: inputs }, (_, d) => x[n * inputs + d] * halves[d * units + o]),
          ];
        };
        const places = Array.from({ length: images * units }, (_, at) => at);
        expectGuarded(
          found.get(tensors.y) as Float32Array,
          places.map((at) => terms(at).reduce((a, b) => a + b)),
          (at) => (inputs + 2) * U * terms(at).reduce((a, b) => a + Math.abs(b), 0),
          [1, units],
        );
      });
});
