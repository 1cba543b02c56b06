import { describe, expect, test } from "vitest";
import { portableCraftingState } from "../../src/api/portable_crafting.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { UniversalAbortedError, type UniversalProgress } from "../../src/api/universal_result.js";
import type { CraftingState, Engine } from "../../src/engines/engine.js";
import { createWebgpuEngine, type WebgpuEngine } from "../../src/engines/webgpu/engine.js";
import type { Tuning } from "../../src/engines/webgpu/tuning.js";
import { EngineError } from "../../src/errors.js";
import { PROFILE_NAMES } from "../../src/kernels/deepfool_step/profiles.js";
import { project } from "../../src/kernels/projection/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { observe } from "../support/observed_device.js";
import { oneIn, quickTest, slow, slowTest } from "../support/portion.js";
import { requestTestDevice } from "../support/webgpu.js";
import { expectWithin } from "../support/within.js";
import { expectSameBits } from "./comparison.js";
import { exactNetwork, imagesOf } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

const COUNT = 24;
const network = exactNetwork(6);
const input = resolveInput(undefined, 2);
const images = imagesOf(network, COUNT);
const size = sizeOf(network.input.shape);
/** 1 + overshoot is a float32 number, so that r has the same bits here and there. */
const base: UniversalOptions = {
  norm: Infinity,
  radius: 0.4,
  delta: 0,
  passes: 2,
  classes: 4,
  seed: 3,
  overshoot: 2 ** -5,
};
const l2 = { norm: 2, radius: 2 } as const;

const engineWith = async (tuning: Partial<Tuning> = {}) =>
  createWebgpuEngine(network, input, { device: await sharedDevice() }, tuning);

/** The same engine, whose images and v stay on the host; as many images are judged ahead. */
const portable = (engine: WebgpuEngine): Engine => ({
  ...engine,
  craftingState: async (given, request) => ({
    ...portableCraftingState(engine, given, request),
    parallel: !engine.onProcessor,
  }),
});

/** What a run did, and each v that its listener was handed. */
async function craft(engine: Engine, options: UniversalOptions) {
  const seen: { readonly progress: Omit<UniversalProgress, "perturbation">; readonly v: Float32Array }[] = [];
  const { history, ...result } = await universalPerturbation(engine, images, {
    ...options,
    onProgress: ({ perturbation, ...progress }) => seen.push({ progress, v: perturbation.slice() }),
  });
  return { ...result, history: history.map(({ seconds, ...work }) => work), seen };
}

/** For the infinity norm nothing rounds differently; the factor of the projection onto a 2-ball does. */
const tolerance = ({ norm, radius = 0 }: UniversalOptions) => (norm === 2 ? 1e-6 * radius : 0);

async function expectSameCrafting(engine: WebgpuEngine, options: UniversalOptions): Promise<void> {
  const [ours, theirs] = [await craft(engine, options), await craft(portable(engine), options)];
  expect(ours.history).toEqual(theirs.history);
  expect(ours.history.reduce((sum, { updates }) => sum + updates, 0)).toBeGreaterThan(3);
  expect(ours.seen.map(({ progress }) => progress)).toEqual(theirs.seen.map(({ progress }) => progress));
  const near = (a: Float32Array, b: Float32Array) => expectWithin(a, b, () => tolerance(options));
  ours.seen.forEach(({ v }, i) => {
    near(v, theirs.seen[i].v);
  });
  near(ours.last, theirs.last);
  near(ours.perturbation, theirs.perturbation);
  expect(ours.foolingRate).toBe(theirs.foolingRate);
  // Without a listener nobody reads v between the updates.
  const { last } = await universalPerturbation(engine, images, options);
  expectSameBits(last, ours.last, "v without a listener");
}

describe.skipIf(!gpu)("crafting on the device takes the steps of crafting on the host", () => {
  const initial = Float32Array.from({ length: size }, (_, i) => 0.2 * Math.sin(i));
  const runs: readonly [string, UniversalOptions][] = [
    ["the infinity norm", {}],
    ["the 2-norm", l2],
    ["clipped images", { clip: true }],
    ["clipped images, the 2-norm", { clip: true, ...l2 }],
    ["an initial v", { initial, clip: true }],
    ["an initial v, the 2-norm", { initial, norm: 2, radius: 1 }],
    ["another profile and overshoot", { profile: "lts4-torch", overshoot: 0.25 }],
    ["the paper's profile", { profile: "paper" }],
    ["few steps, most of them too few", { steps: 4, radius: 0.05 }],
    ["one image ahead", { lookAhead: 1 }],
    ["three images ahead", { lookAhead: 3 }],
  ];
  test.each(oneIn(5, runs))("%s", async (_, options) => {
    using engine = await engineWith();
    await expectSameCrafting(engine, { ...base, ...options });
  });

  const tunings: readonly [string, Partial<Tuning>][] = [
    ["little memory for a call", { memoryBudget: 1 }],
    ["room for one image", { imageBudget: 1 }],
    ["room for five images", { imageBudget: 5 * 4 * size }],
    ["many submissions", { submissionMacs: 1 }],
  ];
  test.each(oneIn(4, tunings))("the same bits with %s", async (_, tuning) => {
    using plenty = await engineWith();
    using engine = await engineWith(tuning);
    const options = { ...base, ...l2 };
    expect(await craft(engine, options)).toEqual(await craft(plenty, options));
  });

  slowTest("the same bits in buffers of nine images", async () => {
    const limits = { maxStorageBufferBindingSize: 4096, maxBufferSize: 4096 };
    const observed = observe(await sharedDevice(), limits);
    using engine = await createWebgpuEngine(network, input, { device: observed.device });
    using plenty = await engineWith();
    expect(await craft(engine, base)).toEqual(await craft(plenty, base));
    expect(observed.largest).toBeLessThanOrEqual(4096);
  });
});

describe.skipIf(!gpu)("one step from a v", () => {
  const v = Float32Array.from({ length: size }, (_, i) => 0.02 * Math.cos(i));

  const each = PROFILE_NAMES.flatMap((profile) =>
    ([2, Infinity] as const).map((norm) => ({ profile, norm })),
  );
  // A profile of each norm.
  test.each(oneIn(3, each))("is the projection of v + r, $profile, norm $norm", async ({ profile, norm }) => {
    using engine = await engineWith();
    const request = { norm: 2, profile, classes: 4, steps: 6, overshoot: 0.02, trace: false } as const;
    const points = images.map((x, i) => x + v[i % size]);
    const runs = await engine.deepfool!(points, request);
    const radius = norm === 2 ? 0.5 : 0.04;
    let updates = 0;
    for (let index = 0; index < COUNT; index++) {
      const state = await engine.craftingState!(images, { norm, radius, initial: v, deepfool: request });
      const out = new Float32Array(size);
      // Away from another class than the predicted one there is nothing to do.
      const other = (runs.labels[index] + 1) % 4;
      expect(await state.improve(index, other, out)).toEqual({ fooled: true, taken: 0, updated: false });
      await state.read(out);
      expectSameBits(out, v, "v");
      out.fill(0);
      const { fooled, taken, updated } = await state.improve(index, runs.labels[index], out);
      expect(fooled).toBe(false);
      expect(taken).toBe(runs.iterations[index]);
      expect(updated).toBe(runs.newLabels[index] !== runs.labels[index] && taken > 0 && taken < 5);
      updates += Number(updated);
      const r = runs.perturbation.subarray(index * size, (index + 1) * size);
      const sum = updated ? v.map((x, i) => x + r[i]) : v;
      const expected = updated ? project(sum.slice(), radius, norm) : v;
      // r and the sum: an ulp each; the projection onto a 2-ball: 2^-20.
      const found = new Float32Array(size);
      await state.read(found);
      expectWithin(
        found,
        expected,
        (i) =>
          2 ** -22 * Math.max(Math.abs(sum[i]), Math.abs(r[i])) +
          (norm === 2 ? 2 ** -20 : 0) * Math.abs(expected[i]),
      );
      expectSameBits(out, updated ? found : new Float32Array(size), "out");
      const indices = Int32Array.of(index, 0, index);
      const judged = await engine.logits(images.subarray(index * size, (index + 1) * size));
      expect((await state.predict(indices, false))[2]).toBe(judged.labels[0]);
      const there = images.slice(index * size, (index + 1) * size).map((x, i) => x + found[i]);
      expect((await state.predict(indices, true))[0]).toBe((await engine.logits(there)).labels[0]);
      state.dispose();
      state.dispose();
    }
    expect(updates).toBeGreaterThan(3);
  });
});

describe.skipIf(!gpu)("v stays in the ball", () => {
  test.each(oneIn(2, [2, Infinity] as const))("of the norm %d, after every update", async (norm) => {
    using engine = await engineWith();
    const radius = norm === 2 ? 0.6 : 0.05;
    const { seen } = await craft(engine, { ...base, norm, radius });
    const lengths = seen.map(({ v }) =>
      norm === 2 ? Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)) : Math.max(...v.map(Math.abs)),
    );
    expect(Math.max(...lengths)).toBeGreaterThan(radius * (1 - 1e-5));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(radius);
  });
});

describe.skipIf(!gpu)("what goes to the device and back", () => {
  const builder = new NetworkBuilder([32, 32, 3], 5);
  const stem = builder.relu(builder.conv(builder.input, { filters: 4, kernel: 4, strides: 4 }));
  const wide = buildNetwork(builder.build(builder.gemm(builder.flatten(stem), 5)));
  const pixels = imagesOf(wide, COUNT);
  const image = 4 * sizeOf(wide.input.shape);
  const options: UniversalOptions = { ...base, radius: 0.02 };

  /** Bytes of a run of so many passes, what it did, and an upper bound for the calls that it took. */
  const traffic = async (passes: number, more: UniversalOptions = {}, tuning: Partial<Tuning> = {}) => {
    const observed = observe(await sharedDevice());
    const { device } = observed;
    using engine = await createWebgpuEngine(wide, resolveInput(undefined, 3), { device }, tuning);
    const [uploaded, read] = [observed.uploaded, observed.read];
    const { history } = await universalPerturbation(engine, pixels, { ...options, passes, ...more });
    const deepfools = history.reduce((sum, work) => sum + work.deepfools, 0);
    const updates = history.reduce((sum, work) => sum + work.updates, 0);
    const calls = 1 + passes * (COUNT + 1) + 4 * deepfools;
    return { uploaded: observed.uploaded - uploaded, read: observed.read - read, deepfools, updates, calls };
  };
  /** Parameters and sizes that a call may write, the state that it may read. */
  const [WRITTEN, READ] = [600, 64];

  quickTest("images go there once, whatever the number of passes", async () => {
    for (const passes of [1, 3]) {
      const { uploaded, deepfools, calls } = await traffic(passes);
      expect(deepfools).toBeGreaterThan(10 * passes);
      expect(uploaded).toBeGreaterThanOrEqual(COUNT * image);
      expect(uploaded).toBeLessThan(COUNT * image + calls * WRITTEN);
    }
  });

  slowTest(
    "v comes back once a pass, and with a listener once a DeepFool run, along with its state",
    async () => {
      const quiet = await traffic(3);
      expect(quiet.updates).toBeGreaterThan(10);
      expect(quiet.read).toBeLessThan(3 * image + 4 * COUNT * 4 + quiet.calls * READ);
      const heard = await traffic(3, { onProgress: () => {} });
      expect(heard.deepfools).toBe(quiet.deepfools);
      expect(heard.read - quiet.read).toBeGreaterThanOrEqual((heard.updates - 3) * image);
      expect(heard.read - quiet.read).toBeLessThanOrEqual((heard.deepfools - 3) * image);
    },
  );

  slowTest("images that find no room go there with each batch", async () => {
    const [all, some] = [await traffic(2), await traffic(2, {}, { imageBudget: 4 * image })];
    expect(some.uploaded).toBeGreaterThan(all.uploaded + 2 * COUNT * image);
    expect(some.read).toBe(all.read);
  });
});

describe.skipIf(!gpu)("an end before the end", () => {
  const three = images.subarray(0, 3 * size);

  test.each(oneIn(2, [true, false]))(
    "an abort hands over v as it is; listener reads it: %s",
    async (listens) => {
      using engine = await engineWith();
      const before = await engine.logits(three);
      const controller = new AbortController();
      let improved = 0;
      const v = new Float32Array(size);
      // Without a listener the abort comes from elsewhere.
      const watched: Engine = {
        ...engine,
        craftingState: async (...given) => {
          const state = (await engine.craftingState?.(...given)) as CraftingState;
          return {
            ...state,
            improve: async (index, label, out) => {
              const step = await state.improve(index, label, out);
              if (step.updated && ++improved === 3) {
                await state.read(v);
                controller.abort("enough");
              }
              return step;
            },
          };
        },
      };
      const stopped = universalPerturbation(watched, images, {
        ...base,
        signal: controller.signal,
        ...(listens && { onProgress: () => {} }),
      });
      const error: unknown = await stopped.catch((reason) => reason);
      if (!(error instanceof UniversalAbortedError)) throw error;
      expect(error.cause).toBe("enough");
      expect(v.some((x) => x !== 0)).toBe(true);
      expectSameBits(error.result.last, v, "v");
      expectSameBits((await engine.logits(three)).logits, before.logits, "logits afterwards");
      await expectSameCrafting(engine, base);
    },
  );

  quickTest("an abort together with the engine's disposal hands over the v that was last read", async () => {
    const { device, live } = observe(await sharedDevice());
    const engine = await createWebgpuEngine(network, input, { device });
    const controller = new AbortController();
    let v = new Float32Array();
    const stopped = universalPerturbation(engine, images, {
      ...base,
      signal: controller.signal,
      onProgress: ({ updates, perturbation }) => {
        if (updates < 2 || controller.signal.aborted) return;
        v = perturbation.slice();
        controller.abort();
        engine.dispose();
      },
    });
    const error: unknown = await stopped.catch((reason) => reason);
    if (!(error instanceof UniversalAbortedError)) throw error;
    expectSameBits(error.result.last, v, "v");
    expect(live.size).toBe(0);
  });

  quickTest("a disposal alone is an error, and leaves no buffers", async () => {
    const { device, live } = observe(await sharedDevice());
    const engine = await createWebgpuEngine(network, input, { device });
    const onProgress = () => engine.dispose();
    await expect(universalPerturbation(engine, images, { ...base, onProgress })).rejects.toThrow(
      /^universalPerturbation: the engine was disposed/,
    );
    expect(live.size).toBe(0);
  });

  quickTest(
    "calls after a state's disposal reject, the one under way ends, and the engine goes on",
    async () => {
      using engine = await engineWith();
      const { labels } = await engine.logits(three);
      const deepfool = {
        norm: 2,
        profile: "lts4",
        classes: 4,
        steps: 6,
        overshoot: 0,
        trace: false,
      } as const;
      const initial = new Float32Array(size);
      const state = await engine.craftingState!(images, { norm: 2, radius: 1, initial, deepfool });
      const pending = [state.predict(Int32Array.of(0, 1, 2), false), engine.logits(three)] as const;
      const late = state.predict(Int32Array.of(0), true);
      await Promise.resolve();
      state.dispose();
      const after = state.read(initial);
      expect(await pending[0]).toEqual(labels);
      expect((await pending[1]).labels).toEqual(labels);
      for (const call of [late, after]) await expect(call).rejects.toThrow(/the crafting state was disposed/);
      expect((await engine.logits(three)).labels).toEqual(labels);
    },
  );

  quickTest("a lost device is an error", async () => {
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(network, input, { device });
    const onProgress = () => device.destroy();
    const crafting = universalPerturbation(engine, images, { ...base, onProgress });
    await expect(crafting).rejects.toThrow(/the GPU device was lost \(destroyed.*compile again/);
    await expect(crafting).rejects.toBeInstanceOf(EngineError);
  });

  slowTest(
    "where only few images find room the others wait their turn; where none does it is an error",
    async () => {
      const observed = observe(await sharedDevice());
      let most = Infinity;
      const device = new Proxy(observed.device, {
        get(target, name) {
          const value = Reflect.get(target, name, target);
          if (name !== "createBuffer") return value;
          return (descriptor: GPUBufferDescriptor) => {
            if (descriptor.label === "crafting images" && descriptor.size > most)
              throw new RangeError("no memory to map");
            return target.createBuffer(descriptor);
          };
        },
      });
      using engine = await createWebgpuEngine(network, input, { device });
      const whole = await universalPerturbation(engine, images, base);
      const { size: live } = observed.live;
      most = 4 * 4 * size;
      expectSameBits((await universalPerturbation(engine, images, base)).last, whole.last, "v");
      most = 0;
      await expect(universalPerturbation(engine, images, base)).rejects.toThrow(
        /^webgpu: the device has no room/,
      );
      expect(observed.live.size).toBe(live);
      most = Infinity;
      expectSameBits((await universalPerturbation(engine, images, base)).last, whole.last, "v afterwards");
      expect(observed.live.size).toBe(live);
    },
  );
});

if (slow)
  describe.skipIf(!gpu)("other calls of the engine", () => {
    test("between the steps change nothing, two craftings at once among them", async () => {
      using engine = await engineWith();
      const other = { ...base, ...l2, seed: 8 };
      const alone = [
        await universalPerturbation(engine, images, base),
        await universalPerturbation(engine, images, other),
      ];
      const pixels = images.subarray(0, 5 * size);
      const request = {
        norm: 2,
        profile: "lts4",
        classes: 5,
        steps: 6,
        overshoot: 0.02,
        trace: false,
      } as const;
      const run = await engine.deepfool!(pixels, request);
      let crafting = true;
      const disturb = async () => {
        for (let i = 0; crafting; i++) {
          if (i % 2)
            expectSameBits((await engine.deepfool!(pixels, request)).perturbation, run.perturbation, "r");
          else await engine.jacobian(pixels, { classes: 3 });
        }
      };
      const disturbing = disturb();
      const together = await Promise.all([
        universalPerturbation(engine, images, base),
        universalPerturbation(engine, images, other),
      ]).finally(() => {
        crafting = false;
      });
      await disturbing;
      together.forEach((result, i) => {
        expectSameBits(result.last, alone[i].last, `v of run ${i}`);
        expect(result.foolingRate).toBe(alone[i].foolingRate);
      });
    });
  });
