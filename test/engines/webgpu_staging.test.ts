import { describe, expect, test } from "vitest";
import { createWebgpuEngine, type WebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { Tuning } from "../../src/engines/webgpu/tuning.js";
import { EngineError } from "../../src/errors.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { observe } from "../support/observed_device.js";
import { expectSameBits } from "./comparison.js";
import { exactNetwork, imagesOf } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

const CLASSES = 6;
const N = 5;
const network = exactNetwork(CLASSES);
const input = resolveInput({ mean: 0.5, std: 0.25 }, 2);
const size = sizeOf(network.input.shape);
const images = imagesOf(network, N);
const shift = new Float32Array(size).fill(0.25);
const labels = new Int32Array(N);

/** Every call of images that may go through mapped memory. */
const calls: Readonly<
  Record<string, (engine: WebgpuEngine, given: Float32Array) => Promise<readonly Float32Array[]>>
> = {
  logits: async (engine, given) => [(await engine.logits(given)).logits],
  jacobian: async (engine, given) => {
    const { logits, values } = await engine.jacobian(given, { classes: 4 });
    return [logits, values];
  },
  gradient: async (engine, given) => {
    const { logits, losses, values } = await engine.gradient(given, { loss: "crossEntropy", labels });
    return [logits, losses, values];
  },
  "a sum of gradients": async (engine, given) => {
    const options = { loss: "margin", labels, kappa: Infinity, sum: true, shift, bounds: [0, 1] } as const;
    return [(await engine.gradient(given, options)).values];
  },
  "gradients at clipped points": async (engine, given) => [
    (await engine.gradient(given, { loss: "logit", labels, shift, bounds: [0, 1] })).values,
  ],
};

/** Room for two images and two of their cotangents, so that batches go in pieces. */
const NARROW: Partial<Tuning> = { memoryBudget: 40_000 };

async function open(tuning: Partial<Tuning>) {
  const observed = observe(await sharedDevice());
  const engine = await createWebgpuEngine(network, input, { device: observed.device }, tuning);
  const mapped = () => [...observed.live].filter(({ label }) => label === "staged images");
  return { engine, observed, mapped };
}

describe.skipIf(!gpu)("images that go through mapped memory", () => {
  describe.each([
    ["in one call", {}],
    ["in pieces", NARROW],
  ] as const)("%s", (_, tuning) => {
    test.each(Object.keys(calls))("give the bits of those that do not: %s", async (name) => {
      using queued = (await open({ ...tuning, stagedBytes: Infinity })).engine;
      const { engine, mapped, observed } = await open({ ...tuning, stagedBytes: 0 });
      using staged = engine;
      const expected = await calls[name](queued, images);
      const before = observed.uploaded;
      for (let i = 0; i < 3; i++) {
        const answer = await calls[name](staged, images);
        answer.forEach((values, at) => {
          expectSameBits(values, expected[at], `${name}, call ${i}`);
        });
      }
      // Where the host looks at the images again they go through the queue.
      if (name === "gradients at clipped points") expect(mapped()).toEqual([]);
      else {
        expect(mapped().length).toBe(1);
        expect(observed.uploaded - before).toBeLessThan(3 * 4 * N * size);
      }
    });
  });

  test.each(Object.keys(calls))("are the call's own from the start: %s", async (name) => {
    using engine = (await open({ stagedBytes: 0 })).engine;
    const expected = await calls[name](engine, images);
    const given = images.slice();
    const pending = [calls[name](engine, given), calls[name](engine, given)];
    given.fill(0.125);
    for (const answer of await Promise.all(pending))
      answer.forEach((values, at) => {
        expectSameBits(values, expected[at], name);
      });
  });

  test("take no more memory the more calls there are, of whatever size", async () => {
    const { engine, mapped } = await open({ stagedBytes: 0 });
    using _ = engine;
    const one = images.subarray(0, size);
    const single = (await engine.logits(one)).logits;
    for (let i = 0; i < 4; i++) {
      expectSameBits((await engine.logits(images)).logits.subarray(0, CLASSES), single, "of many");
      expectSameBits((await engine.logits(one)).logits, single, "alone");
    }
    expect(mapped().map(({ size: bytes }) => bytes)).toEqual([4 * images.length]);
  });

  test("are given back after calls that end early", async () => {
    const { engine, mapped, observed } = await open({ stagedBytes: 0 });
    const expected = (await engine.logits(images)).logits;
    for (let i = 0; i < 4; i++) {
      const stopped = new AbortController();
      const pending = engine.jacobian(images, { classes: 4, signal: stopped.signal });
      stopped.abort();
      await expect(pending).rejects.toThrow(/abort/i);
      expectSameBits((await engine.logits(images)).logits, expected, "afterwards");
    }
    // What is mapped again while the next call begins does not serve it.
    expect(mapped().length).toBeLessThanOrEqual(2);
    const late = engine.logits(images);
    engine.dispose();
    await expect(late).rejects.toThrow(EngineError);
    expect(observed.live.size).toBe(0);
  });

  test("go through the queue where there is no memory to map", async () => {
    const { observed, engine: queued } = await open({ stagedBytes: Infinity });
    const expected = (await queued.logits(images)).logits;
    queued.dispose();
    const device = new Proxy(observed.device, {
      get(target, name) {
        if (name !== "createBuffer") return Reflect.get(target, name, target);
        return (descriptor: GPUBufferDescriptor) => {
          if (descriptor.label === "staged images") throw new RangeError("no memory to map");
          return target.createBuffer(descriptor);
        };
      },
    });
    using engine = await createWebgpuEngine(network, input, { device }, { stagedBytes: 0 });
    expectSameBits((await engine.logits(images)).logits, expected, "logits");
  });

  test("end in an error where the device has no room for them, and the engine goes on", async () => {
    const { observed } = await open({ stagedBytes: 0 });
    let full = true;
    const device = new Proxy(observed.device, {
      get(target, name) {
        if (name === "popErrorScope" && full)
          return () => target.popErrorScope().then(() => new Error("out of memory"));
        return Reflect.get(target, name, target);
      },
    });
    full = false;
    using engine = await createWebgpuEngine(network, input, { device }, { stagedBytes: 0 });
    const before = await engine.logits(images.subarray(0, size));
    full = true;
    await expect(engine.logits(images)).rejects.toThrow(
      /^webgpu: the device has no room for \d+ bytes of images, expected/,
    );
    full = false;
    expectSameBits(
      (await engine.logits(images.subarray(0, size))).logits,
      before.logits,
      "logits afterwards",
    );
  });
});
