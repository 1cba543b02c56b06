import { describe, expect, test } from "vitest";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { EngineError } from "../../src/errors.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { exactNetwork, imagesOf } from "../engines/mixed_network.js";
import { NetworkBuilder } from "../support/network_builder.js";
import {
  CLIFF_PROFILES,
  cliffNetwork,
  expectFixedCandidates,
  expectUndone,
  overtakingNetwork,
} from "../support/testers/deepfool_runs.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";

const gpu = await openGpu();
const input = resolveInput(undefined, 2);
const run = { profile: "lts4", norm: 2, classes: 5, steps: 12, overshoot: 0.02, trace: true } as const;

describe.skipIf(!gpu)("calls on one WebGPU engine leave nothing behind", () => {
  test("a Jacobian is the same before and after a DeepFool run whose images finish one by one", async () => {
    const network = exactNetwork(5);
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(network, input, { device });
    const images = imagesOf(network, 6);
    // Room for all the images that will be there; what follows finds it as the run leaves it.
    const before = await engine.jacobian(images, { classes: 3 });
    const kept = before.values.slice();
    const { iterations } = await engine.deepfool!(images, run);
    expect(new Set(iterations).size).toBeGreaterThan(1);
    const after = await engine.jacobian(images, { classes: 3 });
    expect(after.values).toEqual(kept);
  });

  test("a DeepFool run is the same however the device is told: sizes from the device, many submissions, one lane a pass", async () => {
    const network = exactNetwork(5);
    const device = await requestTestDevice(gpu as GPU);
    const images = imagesOf(network, 6);
    const tunings = [{}, { worthScheduling: 1 }, { submissionMacs: 1 }, { memoryBudget: 1 }];
    const runs = tunings.map(async (tuning) => {
      using engine = await createWebgpuEngine(network, input, { device }, tuning);
      return [
        await engine.deepfool!(images, run),
        await engine.deepfool!(images.subarray(0, images.length / 2), run),
      ];
    });
    const [expected, ...found] = await Promise.all(runs);
    for (const pair of found) expect(pair).toEqual(expected);
  });

  test("a profile times every dispatch and changes nothing", async () => {
    const network = exactNetwork(5);
    const device = await requestTestDevice(gpu as GPU, { features: ["timestamp-query"] });
    using engine = await createWebgpuEngine(network, input, { device });
    const images = imagesOf(network, 2);
    const before = (await engine.jacobian(images, { classes: 3 })).values.slice();
    const times = await engine.profile(images, { classes: 3, repeats: 1 });
    expect(new Set(times.map(({ phase }) => phase))).toEqual(new Set(["forward", "backward"]));
    for (const { milliseconds } of times) expect(milliseconds).toBeGreaterThanOrEqual(0);
    expect(times.some(({ milliseconds }) => milliseconds > 0 && Number.isFinite(milliseconds))).toBe(true);
    expect((await engine.jacobian(images, { classes: 3 })).values).toEqual(before);
  });

  test("a dispatch of more than 65,535 workgroups reaches the last of them", async () => {
    // No multiple of four, so that an invocation does one value: 98,284 workgroups of the relu.
    const [height, width] = [1449, 1447];
    const net = new NetworkBuilder([height, width, 3], 1);
    const relu = net.add({ op: "Relu" }, net.input);
    const network = buildNetwork(net.build(net.flatten(net.add({ op: "GlobalMaxPool" }, relu))));
    const pixels = new Float32Array(height * width * 3);
    pixels.set([0.5, 0.5, 0.5]);
    pixels.set([1, 2, 3], pixels.length - 3);
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(network, resolveInput(undefined, 3), { device });
    expect([...(await engine.logits(pixels)).logits]).toEqual([1, 2, 3]);
  });

  test.each(CLIFF_PROFILES)(
    "a step to where nothing is finite leaves no trace, profile %s",
    async (profile) => {
      const device = await requestTestDevice(gpu as GPU);
      using engine = await createWebgpuEngine(cliffNetwork(), input, { device });
      await expectUndone(engine, profile);
    },
  );

  test("DeepFool's candidates are those of the image", async () => {
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(overtakingNetwork(), resolveInput(undefined, 1), { device });
    await expectFixedCandidates(engine);
  });

  test("opens a device of its own", async () => {
    const network = exactNetwork(5);
    const images = imagesOf(network, 2);
    using engine = await createWebgpuEngine(network, input, { gpu });
    const device = await requestTestDevice(gpu as GPU);
    using given = await createWebgpuEngine(network, input, { device });
    expect(await engine.logits(images)).toEqual(await given.logits(images));
  });

  test("a device that is lost ends the call that runs, and every later one", async () => {
    const network = exactNetwork(5);
    const images = imagesOf(network, 2);
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(network, input, { device });
    await engine.logits(images);
    const running = engine.jacobian(images, { classes: 3 });
    device.destroy();
    await expect(running).rejects.toThrow(EngineError);
    await expect(engine.logits(images)).rejects.toThrow(/^logits: the GPU device was lost/);
  });
});
