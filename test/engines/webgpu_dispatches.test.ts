import { afterAll, beforeAll, describe, expect } from "vitest";
import type { DeepfoolRequest } from "../../src/engines/engine.js";
import { createWebgpuEngine, type WebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { type ObservedDevice, observe } from "../support/observed_device.js";
import { quickTest, slowTest } from "../support/portion.js";
import { expectSameBits } from "./comparison.js";
import { imagesOf } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

/** Workgroups of one dimension that a device must take; SqueezeNet has more from 22 cotangents on. */
const MOST_GROUPS = 65535;
/** Odd, so that a value is one unit: of so many images or cotangents those of a tile of 64 are more, of half as many not. */
const SIDE = 513;
const MANY = 18;

/** A smooth function, a max pool and a relu, which are cheap, on large images of one channel. */
const network = (() => {
  const net = new NetworkBuilder([SIDE, SIDE, 1], 11);
  const smooth = net.add({ op: "Tanh" }, net.input);
  const pooled = net.pool(smooth, "MaxPool", { kernel: 2, strides: 1 });
  const live = net.relu(net.add({ op: "Sub" }, pooled, net.constant([1], 0.5)));
  return buildNetwork(net.build(net.gemm(net.add({ op: "GlobalAveragePool" }, live), MANY)));
})();
const size = SIDE * SIDE;

describe.skipIf(!gpu)("dispatches of more workgroups than one dimension takes", () => {
  let observed: ObservedDevice;
  let engine: WebgpuEngine;
  beforeAll(async () => {
    observed = observe(await sharedDevice());
    // Sizes from the device wherever that can be.
    engine = await createWebgpuEngine(
      network,
      resolveInput(undefined, 1),
      { device: observed.device },
      { worthScheduling: 1 },
    );
  });
  afterAll(() => engine?.dispose());

  /** Runs a call; how many of its dispatches were folded, and that none is beyond the limit. */
  async function folded<T>(call: () => Promise<T>): Promise<{ result: T; folded: number }> {
    observed.dispatches.length = 0;
    const result = await call();
    for (const [x, y] of observed.dispatches) expect(Math.max(x, y)).toBeLessThanOrEqual(MOST_GROUPS);
    return { result, folded: observed.dispatches.filter(([, y]) => y > 1).length };
  }

  quickTest("many cotangents have the bits that each of them has alone", async () => {
    const image = imagesOf(network, 1);
    const classes = Int32Array.from({ length: MANY }, (_, k) => k);
    const all = await folded(() => engine.jacobian(image, { classes }));
    // The vjps of the relu, of the pool and of the function at least.
    expect(all.folded).toBeGreaterThanOrEqual(3);
    for (const c of [0, 1, MANY - 1]) {
      const { result, folded: none } = await folded(() =>
        engine.jacobian(image, { classes: Int32Array.of(c) }),
      );
      expect(none).toBe(0);
      // To the last rows of the image, which the last workgroups compute.
      expect(result.values.subarray(size - 4 * SIDE).some((v) => v !== 0)).toBe(true);
      expectSameBits(all.result.values.subarray(c * size, (c + 1) * size), result.values, `class ${c}`);
    }
  });

  slowTest("many images have the bits that each of them has alone", async () => {
    const images = imagesOf(network, MANY);
    const all = await folded(() => engine.logits(images));
    expect(all.folded).toBeGreaterThanOrEqual(2);
    for (const n of [0, 1, MANY - 1]) {
      const { result, folded: none } = await folded(() =>
        engine.logits(images.subarray(n * size, (n + 1) * size)),
      );
      expect(none).toBe(0);
      const logits = all.result.logits.subarray(n * MANY, (n + 1) * MANY);
      expectSameBits(logits, result.logits, `image ${n}`);
    }
    expect(new Set(all.result.logits).size).toBeGreaterThan(MANY);
  });

  slowTest("a DeepFool run, whose dispatches the device sizes", async () => {
    const images = imagesOf(network, 2);
    const request: DeepfoolRequest = {
      norm: 2,
      profile: "lts4",
      classes: 10,
      steps: 2,
      overshoot: 0.02,
      trace: false,
    };
    observed.indirect = 0;
    const both = await engine.deepfool!(images, request);
    expect(observed.indirect).toBeGreaterThan(0);
    for (const n of [0, 1]) {
      const alone = await engine.deepfool!(images.subarray(n * size, (n + 1) * size), request);
      expect(alone.iterations[0]).toBeGreaterThan(0);
      expect(both.iterations[n]).toBe(alone.iterations[0]);
      const r = both.perturbation.subarray(n * size, (n + 1) * size);
      expectSameBits(r, alone.perturbation, `r of image ${n}`);
      expect(r.some((v) => v !== 0)).toBe(true);
    }
  });
});
