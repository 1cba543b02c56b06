import { describe, expect, test } from "vitest";
import { reference as maxPool } from "../../src/kernels/operators/max_pool/reference.js";
import type { MaxPool, Node } from "../../src/network/spec.js";
import { livePlaces, liveTable } from "../support/live_table.js";
import { randomValues } from "../support/random_values.js";
import { floatBits, variants, WasmKernels } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

const U = 2 ** -24;

interface Case {
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

const CASES: readonly Case[] = [
  { size: [1, 1], kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] },
  { size: [6, 8], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
  { size: [7, 5], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0] },
  { size: [7, 5], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [6, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [5, 4], kernel: [3, 2], strides: [1, 1], pads: [2, 0, 1, 1] },
  { size: [7, 9], kernel: [2, 3], strides: [3, 4], pads: [0, 1, 0, 0] },
  { size: [4, 3], kernel: [4, 3], strides: [1, 1], pads: [0, 0, 0, 0] },
];

function poolOf({ size, kernel, strides, pads }: Case, channels: number) {
  const out = [0, 1].map((a) => Math.floor((size[a] + pads[a] + pads[a + 2] - kernel[a]) / strides[a]) + 1);
  const node: Node<MaxPool> = {
    op: "MaxPool",
    name: "pool",
    inputs: ["x"],
    kernel,
    strides,
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
    outHeight: out[0],
    outWidth: out[1],
  };
  return { node, geometry, xUnits: size[0] * size[1] * channels, yUnits: out[0] * out[1] * channels };
}

/** Few different values, so that many windows have ties, and all signs. */
function random(length: number, seed: number): Float32Array {
  const values = randomValues(seed);
  return Float32Array.from({ length }, () => values.integer(-4, 4));
}

/** The input unit each output takes its value from, by the reference's vjp of one output at a time. */
function referenceWinners(node: Node<MaxPool>, x: Float64Array, yUnits: number): Int32Array {
  return Int32Array.from({ length: yUnits }, (_, u) => {
    const dy = new Float64Array(yUnits);
    dy[u] = 1;
    return maxPool.vjp(node, [x], dy, dy)[0].indexOf(1);
  });
}

describe.each(variants)("max_pool, $variant", ({ relaxed }) => {
  for (const [i, shape] of CASES.entries())
    for (const channels of [1, 3, 4, 5, 8, 9, 12, 19]) {
      const name = `case ${i} ${JSON.stringify(shape)}, ${channels} channels`;
      const { node, geometry, xUnits, yUnits } = poolOf(shape, channels);
      const x = random(xUnits, i + channels);
      const x64 = Float64Array.from(x);

      test(`forward and winners exact: ${name}`, () => {
        const kernels = new WasmKernels(relaxed);
        const [y, onlyY] = [kernels.output(yUnits), kernels.output(yUnits)];
        const winners = kernels.inout(new Int32Array(yUnits).fill(-2));
        const fields = { x: kernels.input(x), ...geometry };
        kernels.call("max_pool_forward", geometry.outHeight, { ...fields, y, winners });
        kernels.call("max_pool_forward", geometry.outHeight, { ...fields, y: onlyY, winners: 0 });
        expect(y.values()).toEqual(Float32Array.from(maxPool.forward(node, [x64])));
        expect(onlyY.values()).toEqual(y.values());
        expect(winners.values()).toEqual(referenceWinners(node, x64, yUnits));
      });

      for (const masked of [false, true])
        test(`live units exact, vjp error <= m u sum |gy|: ${name}, ${masked ? "masked" : "unmasked"}`, () => {
          const kernels = new WasmKernels(relaxed);
          const winners = referenceWinners(node, x64, yUnits);
          const yValues = Float32Array.from(winners, (winner) => x[winner]);
          const isLive = (u: number): boolean => !masked || (0 < yValues[u] && yValues[u] < 4);
          const live = new Float32Array(xUnits);
          for (let u = 0; u < yUnits; u++) if (isLive(u)) live[winners[u]] = 1;
          const fields = {
            ...geometry,
            winners: kernels.input(winners),
            yValues: masked ? kernels.input(yValues) : 0,
            yLow: floatBits(0),
            yHigh: floatBits(4),
          };
          const found = kernels.output(xUnits);
          kernels.call("max_pool_live", geometry.height, { ...fields, live: found });
          expect(found.values()).toEqual(live);

          for (const lanes of [4, 8, 12])
            for (const [accumulate, compact] of [
              [0, false],
              [1, false],
              [0, true],
              [1, true],
            ] as const) {
              const places = livePlaces(live, channels, compact);
              const gy = Float32Array.from({ length: yUnits * lanes }, (_, j) =>
                isLive(Math.floor(j / lanes)) ? Math.sin(j + 1) : Number.NaN,
              );
              const before = Float32Array.from({ length: xUnits * lanes }, (_, j) => Math.cos(j));
              const gx = kernels.inout(before);
              kernels.call(`max_pool_vjp_${lanes}`, geometry.height, {
                ...fields,
                ...liveTable(kernels, live, channels, compact),
                gy: kernels.input(gy),
                gx,
                accumulate,
              });
              const expected = Float64Array.from(before);
              const magnitude = expected.map((value) => (accumulate ? Math.abs(value) : 0));
              if (!accumulate)
                for (let j = 0; j < expected.length; j++)
                  if (live[Math.floor(j / lanes)])
                    expected[places[Math.floor(j / lanes)] * lanes + (j % lanes)] = 0;
              for (let j = 0; j < gy.length; j++) {
                const u = Math.floor(j / lanes);
                if (!isLive(u)) continue;
                const to = places[winners[u]] * lanes + (j % lanes);
                expected[to] += gy[j];
                magnitude[to] += Math.abs(gy[j]);
              }
              const windows = shape.kernel[0] * shape.kernel[1];
              expectWithin(gx.values(), expected, (j) => windows * U * magnitude[j]);
            }
        });
    }

  test("a NaN wins only as the first of its window, as in the reference", () => {
    const kernels = new WasmKernels(relaxed);
    const { node, geometry } = poolOf(
      { size: [1, 4], kernel: [1, 2], strides: [1, 2], pads: [0, 0, 0, 0] },
      1,
    );
    const x = Float32Array.of(Number.NaN, 1, -Infinity, Number.NaN);
    const y = kernels.output(2);
    kernels.call("max_pool_forward", 1, { ...geometry, x: kernels.input(x), y, winners: 0 });
    expect([...y.values()]).toEqual([...maxPool.forward(node, [Float64Array.from(x)])]);
    expect([...y.values()]).toEqual([Number.NaN, -Infinity]);
  });
});
