import { describe, expect, test } from "vitest";
import { reference as conv } from "../../src/kernels/operators/conv/reference.js";
import type { Conv, Node, Pads, Pair } from "../../src/network/spec.js";
import { livePlaces, liveTable } from "../support/live_table.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;

interface Case {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads: Pads;
}

/** Widths below, at and above the register tiles of each stride, lopsided pads, windows off the image. */
const CASES: readonly Case[] = [
  { size: [1, 1], kernel: [1, 1], pads: [0, 0, 0, 0] },
  { size: [1, 1], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 5], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [5, 6], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [3, 7], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 13], kernel: [3, 3], pads: [0, 0, 0, 0] },
  { size: [7, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [7, 7], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [5, 16], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [6, 11], kernel: [5, 5], pads: [2, 2, 2, 2] },
  { size: [9, 12], kernel: [5, 5], strides: [2, 2], pads: [1, 2, 2, 1] },
  { size: [7, 8], kernel: [3, 2], strides: [3, 1], pads: [2, 0, 1, 1] },
  { size: [8, 9], kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] },
  { size: [9, 10], kernel: [4, 3], strides: [2, 2], dilations: [3, 2], pads: [4, 3, 5, 2] },
  { size: [2, 3], kernel: [3, 3], dilations: [4, 4], pads: [5, 5, 5, 5] },
  { size: [3, 2], kernel: [2, 2], strides: [3, 2], pads: [3, 4, 3, 3] },
];

function depthwiseOf(shape: Case, channels: number, random: (length: number) => Float32Array) {
  const { size, kernel, pads, strides = [1, 1], dilations = [1, 1] } = shape;
  const out = [0, 1].map(
    (a) =>
      Math.floor((size[a] + pads[a] + pads[a + 2] - dilations[a] * (kernel[a] - 1) - 1) / strides[a]) + 1,
  );
  const node: Node<Conv> = {
    op: "Conv",
    name: "depthwise",
    inputs: ["x"],
    weights: random(kernel[0] * kernel[1] * channels),
    bias: random(channels),
    filters: channels,
    groups: channels,
    kernel,
    strides,
    dilations,
    pads,
    inputShapes: [[...size, channels]],
    shape: [out[0], out[1], channels],
  };
  const geometry = {
    channels,
    height: size[0],
    width: size[1],
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    padTop: pads[0],
    padLeft: pads[1],
    dilationHeight: dilations[0],
    dilationWidth: dilations[1],
    outHeight: out[0],
    outWidth: out[1],
  };
  const absolute = { ...node, weights: node.weights.map(Math.abs), bias: node.bias?.map(Math.abs) };
  const taps = kernel[0] * kernel[1];
  return {
    node,
    absolute,
    geometry,
    taps,
    xUnits: size[0] * size[1] * channels,
    yUnits: out[0] * out[1] * channels,
  };
}

describe.each(variants)("depthwise, $variant", ({ relaxed }) => {
  for (const [i, shape] of CASES.entries())
    for (const channels of [1, 3, 4, 5, 8, 11, 16, 19, 32, 37]) {
      const name = `case ${i} ${JSON.stringify(shape)}, ${channels} channels`;
      const values = randomValues(100 * i + channels);
      const random = (length: number) => Float32Array.from({ length }, () => values.uniform(-2, 2));
      const { node, absolute, geometry, taps, xUnits, yUnits } = depthwiseOf(shape, channels, random);

      test(`forward error <= (taps + 1) u sum |w x|: ${name}`, () => {
        const x = random(xUnits);
        const exact = conv.forward(node, [Float64Array.from(x)]);
        const magnitude = conv.forward(absolute, [Float64Array.from(x, Math.abs)]);
        for (const [low, high] of [
          [-Infinity, Infinity],
          [-0.5, 1],
        ]) {
          const kernels = new WasmKernels(relaxed);
          const y = kernels.output(yUnits);
          kernels.call("depthwise_forward", geometry.outHeight, {
            ...geometry,
            x: kernels.input(x),
            weights: kernels.input(node.weights),
            bias: kernels.input(node.bias as Float32Array),
            y,
            low: floatBits(low),
            high: floatBits(high),
          });
          const clamped = exact.map((value) => Math.min(high, Math.max(low, value)));
          expectWithin(y.values(), clamped, (u) => (taps + 1) * U * magnitude[u]);
        }
      });

      for (const lanes of [1, 5, 19].includes(channels) ? [4, 8, 12] : [])
        for (const masked of [false, true])
          test(`vjp error <= (taps + 1) u sum |w gy|: ${name}, ${lanes} lanes, ${masked ? "masked" : "unmasked"}`, () => {
            const x = random(xUnits).map((value) => Math.max(0, value));
            const yValues = random(yUnits);
            const isLive = (u: number) => !masked || (-1 < yValues[u] && yValues[u] < 1);
            const gy = random(yUnits * lanes);
            const vjp = (network: Node<Conv>, cotangent: Float32Array, k: number) => {
              const dy = Float64Array.from({ length: yUnits }, (_, u) =>
                isLive(u) ? cotangent[u * lanes + k] : 0,
              );
              return conv.vjp(network, [Float64Array.from(x)], dy, dy)[0];
            };
            const exact = Array.from({ length: lanes }, (_, k) => vjp(node, gy, k));
            const magnitude = Array.from({ length: lanes }, (_, k) => vjp(absolute, gy.map(Math.abs), k));
            for (const [accumulate, compact] of [
              [0, false],
              [1, false],
              [1, true],
            ] as const) {
              const kernels = new WasmKernels(relaxed);
              const before = random(xUnits * lanes);
              const gx = kernels.inout(before);
              kernels.call(`depthwise_vjp_${lanes}`, geometry.height, {
                ...geometry,
                ...liveTable(kernels, x, channels, compact),
                gy: kernels.input(gy.map((g, j) => (isLive(Math.floor(j / lanes)) ? g : Number.NaN))),
                yValues: masked ? kernels.input(yValues) : 0,
                yLow: floatBits(-1),
                yHigh: floatBits(1),
                gx,
                weights: kernels.input(node.weights),
                accumulate,
              });
              const expected = Float64Array.from(before);
              const allowed = new Float64Array(before.length);
              for (const [u, place] of livePlaces(x, channels, compact).entries())
                for (let k = 0; x[u] !== 0 && k < lanes; k++) {
                  const to = place * lanes + k;
                  const added = accumulate ? before[to] : 0;
                  expected[to] = exact[k][u] + added;
                  allowed[to] = (taps + 1) * U * (magnitude[k][u] + Math.abs(added));
                }
              expectWithin(gx.values(), expected, (j) => allowed[j]);
            }
          });
    }

  test("an output does not depend on its place in the row or among the channels", () => {
    const run = (size: Pair, channels: number) => {
      const ones = (length: number) => new Float32Array(length).fill(0.8);
      const { node, geometry, xUnits, yUnits } = depthwiseOf(
        { size, kernel: [3, 3], pads: [1, 1, 1, 1] },
        channels,
        ones,
      );
      const kernels = new WasmKernels(relaxed);
      const y = kernels.output(yUnits);
      kernels.call("depthwise_forward", geometry.outHeight, {
        ...geometry,
        x: kernels.input(ones(xUnits)),
        weights: kernels.input(node.weights),
        bias: kernels.input(ones(channels)),
        y,
        low: floatBits(-Infinity),
        high: floatBits(Infinity),
      });
      return y.values()[Math.floor(size[0] / 2) * size[1] * channels + channels * Math.floor(size[1] / 2)];
    };
    const center = run([3, 3], 1);
    for (const size of [
      [3, 4],
      [3, 7],
      [5, 9],
    ] as const)
      for (const channels of [1, 4, 7, 33]) expect(run(size, channels)).toBe(center);
  });
});
