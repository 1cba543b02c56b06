/** DeepFool runs on networks made for them: what a loop on a device must do where images of photographs never come. */
import { expect } from "vitest";
import { deepfoolLoop } from "../../../src/api/deepfool_loop.js";
import type { Engine } from "../../../src/engines/engine.js";
import { buildNetwork } from "../../../src/network/build.js";
import type { Gemm, Network } from "../../../src/network/spec.js";
import { NetworkBuilder } from "../network_builder.js";
import { expectWithin } from "../within.js";

/** A dense layer, weights `[inputs][units]`. */
function gemm(
  net: NetworkBuilder,
  from: string,
  weights: readonly number[],
  bias: readonly number[],
): string {
  const operator: Gemm = {
    op: "Gemm",
    units: bias.length,
    weights: Float32Array.from(weights),
    bias: Float32Array.from(bias),
  };
  return net.add(operator, from);
}

/** Profiles that take the whole step over the cliff; what foolbox adds to every norm makes it short. */
export const CLIFF_PROFILES = ["lts4", "lts4-torch", "paper"] as const;

/**
 * Four scores of two pixels whose nearest boundary lies over a cliff, at the point (0, 0):
 *
 *     f = (100 + 1e-18 a,  0,  a^2 - 100,  2000 max(0, b - 0.05) - 1)
 *
 * The step to class 1 is 1e20 long, and its square is infinite: there is no answer, and the step is undone. At (0, 0.09)
 * class 3 is near.
 */
export function cliffNetwork(): Network {
  const net = new NetworkBuilder([1, 1, 2], 1);
  const pixels = net.flatten(net.input);
  const first = gemm(net, pixels, [1e-18, 0, 0, 0], [100, 0]);
  // By itself: zero weights of an infinite value would make all scores NaN.
  const a = net.add({ op: "Slice", starts: [0], ends: [1] }, pixels);
  const square = gemm(net, net.add({ op: "Mul" }, a, a), [1], [-100]);
  const ramp = gemm(net, net.relu(gemm(net, pixels, [0, 1], [-0.05])), [2000], [-1]);
  return buildNetwork(net.build(net.add({ op: "Concat", axis: 0 }, first, square, ramp)));
}

/** Of {@link cliffNetwork}: the step leaves no trace, and images before and after it get theirs. */
export async function expectUndone(engine: Engine, profile: (typeof CLIFF_PROFILES)[number]): Promise<void> {
  const request = { profile, norm: 2, classes: 4, steps: 5, overshoot: 0.02, trace: true } as const;
  const run = await engine.deepfool!(Float32Array.of(0, 0, 0, 0.09, 0, 0), request);
  for (const n of [0, 2]) {
    expect([...run.perturbation.subarray(2 * n, 2 * n + 2)]).toEqual([0, 0]);
    expect([run.labels[n], run.newLabels[n], run.iterations[n]]).toEqual([0, 0, 0]);
  }
  expect([run.labels[1], run.newLabels[1]]).toEqual([0, 3]);
  expect(run.perturbation[3]).toBeGreaterThan(0.01);
}

/**
 * Four scores of one pixel, of which the third overtakes the second on the way:
 *
 *     f = (10,  9 + min(a, 1/2),  8 + a / 1024,  7 + 16 max(0, a - 7/8))
 *
 * From a = 1/8 the step to class 1 leads to a = 1, where class 1 has no gradient any more and class 3 comes before class 2.
 */
export function overtakingNetwork(): Network {
  const net = new NetworkBuilder([1, 1, 1], 1);
  const pixel = net.flatten(net.input);
  const none = [0, 0, 0, 0];
  const slope = gemm(net, pixel, [0, 0, 1 / 1024, 0], [10, 9, 8, 7]);
  const bounded = net.add({ op: "Clip", min: 0, max: 0.5 }, pixel);
  const ramp = net.relu(gemm(net, pixel, [1], [-7 / 8]));
  const sum = (a: string, b: string) => net.add({ op: "Add" }, a, b);
  const both = sum(gemm(net, bounded, [0, 1, 0, 0], none), gemm(net, ramp, [0, 0, 0, 16], none));
  return buildNetwork(net.build(sum(slope, both)));
}

/** Of {@link overtakingNetwork}: candidates are those of the image, whatever is near later. */
export async function expectFixedCandidates(engine: Engine): Promise<void> {
  const request = { profile: "lts4", norm: 2, classes: 3, steps: 5, overshoot: 0, trace: true } as const;
  const image = Float32Array.of(1 / 8);
  const [run, portable] = [
    await engine.deepfool!(image, request),
    await deepfoolLoop(engine, image, request),
  ];
  expect(portable.chosen?.map((steps) => [...steps])).toEqual([[1, 2]]);
  expect(run.chosen?.map((steps) => [...steps])).toEqual([[1, 2]]);
  expectWithin(run.perturbation, portable.perturbation, (i) => 2 ** -20 * Math.abs(portable.perturbation[i]));
}
