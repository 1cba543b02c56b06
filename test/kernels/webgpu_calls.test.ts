import { describe, expect, test } from "vitest";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { EngineError } from "../../src/errors.js";
import { resolveInput } from "../../src/network/input.js";
import { exactNetwork, imagesOf } from "../engines/mixed_network.js";
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
