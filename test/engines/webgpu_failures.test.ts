import { afterEach, describe, expect, test, vi } from "vitest";
import type { DeepfoolRequest, DeepfoolRun } from "../../src/engines/engine.js";
import { openGpu } from "../../src/engines/webgpu/device.js";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { Session } from "../../src/engines/webgpu/session.js";
import { EngineError, InvalidArgumentError } from "../../src/errors.js";
import { type Compiled, compile, type NetworkSpec } from "../../src/index.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { observe } from "../support/observed_device.js";
import { requestTestDevice } from "../support/webgpu.js";
import { expectSameBits } from "./comparison.js";
import { exactNetwork, imagesOf } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

const network = exactNetwork(6);
const input = resolveInput(undefined, 2);
const images = imagesOf(network, 4);
const request: DeepfoolRequest = {
  norm: 2,
  profile: "lts4",
  classes: 4,
  steps: 6,
  overshoot: 0,
  trace: true,
};

/** What a promise is rejected with. */
const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error("it succeeded")),
    (error) => error,
  );

function expectOneLine(error: Error, type: new (message: string) => Error, says: RegExp): void {
  expect(error).toBeInstanceOf(type);
  expect(error.message).toMatch(says);
  expect(error.message).not.toContain("\n");
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a machine without WebGPU", () => {
  const without = (navigator: object) => {
    vi.stubGlobal("navigator", navigator);
    return failure(compile(network, { backend: "webgpu" }));
  };

  test("says that there is no adapter, and the way out", async () => {
    const error = await without({ gpu: { requestAdapter: async () => null } });
    expectOneLine(error, EngineError, /^compile: no WebGPU adapter, expected a GPU; \{ backend: "wasm" \}/);
  });

  test("says why an adapter gives no device", async () => {
    const adapter = {
      limits: {},
      features: new Set(),
      info: { description: "a broken GPU" },
      requestDevice: async () => {
        throw new DOMException("out of order\nat all", "OperationError");
      },
    };
    const error = await without({ gpu: { requestAdapter: async () => adapter } });
    expectOneLine(
      error,
      EngineError,
      /^compile: .*a broken GPU.* gives no device \(out of order\), expected/,
    );
  });
});

describe.skipIf(!gpu)("a device that is lost", () => {
  test("ends what is pending and what comes, and another one works", async () => {
    const device = await requestTestDevice(gpu as GPU);
    using engine = await createWebgpuEngine(network, input, { device });
    const before = await engine.logits(images);
    const pending = [
      failure(engine.jacobian(images, { classes: 4 })),
      failure(engine.deepfool!(images, request)),
      failure(engine.logits(images)),
    ];
    device.destroy();
    for (const error of await Promise.all(pending))
      expectOneLine(error, EngineError, /^\w+: the GPU device was lost \(destroyed.*compile again/);
    for (const call of [engine.logits(images), engine.jacobian(images, { classes: 4 })])
      expectOneLine(await failure(call), EngineError, /^(logits|jacobian): the GPU device was lost/);

    const another = await requestTestDevice(gpu as GPU);
    using again = await createWebgpuEngine(network, input, { device: another });
    expectSameBits((await again.logits(images)).logits, before.logits, "logits on another device");
  });

  test("is not even compiled for", async () => {
    const device = await requestTestDevice(gpu as GPU);
    device.destroy();
    await device.lost;
    const error = await failure(compile(network, { backend: "webgpu", device }));
    expectOneLine(error, EngineError, /the GPU device was lost \(destroyed/);
  });
});

describe.skipIf(!gpu)("the caller's device", () => {
  test("has no buffers left after the engine's disposal, and lives on", async () => {
    const { device, live } = observe(await sharedDevice());
    const engine = await createWebgpuEngine(network, input, { device });
    expect(live.size).toBeGreaterThan(0);
    const first = await engine.logits(images);
    await engine.jacobian(images, { classes: 6 });
    await engine.deepfool!(images, request);
    engine.dispose();
    expect(live.size).toBe(0);
    using another = await createWebgpuEngine(network, input, { device });
    expectSameBits((await another.logits(images)).logits, first.logits, "logits of another engine");
  });

  test("has none left after a disposal during a call, or before the calls have begun", async () => {
    const { device, live } = observe(await sharedDevice());
    const engine = await createWebgpuEngine(network, input, { device });
    const pending = [engine.deepfool!(images, request), engine.logits(images), engine.logits(images)].map(
      failure,
    );
    engine.dispose();
    for (const error of await Promise.all(pending))
      expectOneLine(error, EngineError, /^\w+: the engine was disposed/);
    expect(live.size).toBe(0);
  });

  test("keeps no more buffers the more calls there are", async () => {
    const { device, live } = observe(await sharedDevice());
    using engine = await createWebgpuEngine(network, input, { device });
    const everything = async () => {
      await engine.logits(images);
      await engine.jacobian(images, { classes: 6 });
      await engine.deepfool!(images, request);
    };
    await everything();
    const { size } = live;
    for (let i = 0; i < 3; i++) await everything();
    expect(live.size).toBe(size);
  });

  test("serves several engines at once", async () => {
    const device = await sharedDevice();
    const networks = [3, 4, 5].map((classes) => exactNetwork(classes, classes));
    const engines = await Promise.all(networks.map((made) => createWebgpuEngine(made, input, { device })));
    const alone: DeepfoolRun[] = [];
    for (const engine of engines) alone.push(await engine.deepfool!(images, { ...request, classes: 3 }));
    const together = await Promise.all(
      engines.map((engine) => engine.deepfool!(images, { ...request, classes: 3 })),
    );
    together.forEach((run, i) => {
      expectSameBits(run.perturbation, alone[i].perturbation, `engine ${i}`);
      engines[i].dispose();
    });
  });
});

describe.skipIf(!gpu)("a plan", () => {
  test("keeps no weights once they are on the device, and serves one program", async () => {
    const plan = planNetwork(network, input);
    const opened = await openGpu({ device: await sharedDevice() });
    const constants = [...plan.forward, ...plan.gradients]
      .flatMap(({ reads }) => reads)
      .filter(({ extent }) => extent === "constant");
    expect(constants.length).toBeGreaterThan(0);
    expect(constants.every(({ data }) => data)).toBe(true);
    const session = await Session.create(opened, plan);
    expect(constants.filter(({ data }) => data)).toEqual([]);
    session.dispose();
    expect((await failure(Session.create(opened, plan))).message).toMatch(/^webgpu: .* is not in the plan/);
  });
});

describe.skipIf(!gpu)("a model that is too large for the device", () => {
  const limited = async (limit: number) =>
    observe(await sharedDevice(), { maxStorageBufferBindingSize: limit, maxBufferSize: limit });

  /** 16 kB for every value of an image, and hardly a weight. */
  const wide = () => {
    const builder = new NetworkBuilder([64, 64, 1], 1);
    const stem = builder.relu(builder.conv(builder.input, { filters: 1, kernel: 1 }));
    const small = builder.conv(stem, { filters: 1, kernel: 8, strides: 8, pads: "valid" });
    return buildNetwork(builder.build(builder.gemm(builder.flatten(small), 2)));
  };
  /** 144 kB of weights, and little else. */
  const deep = () => {
    const builder = new NetworkBuilder([2, 2, 64], 1);
    const conv = builder.relu(builder.conv(builder.input, { filters: 64, kernel: 3 }));
    return buildNetwork(builder.build(builder.gemm(builder.flatten(conv), 2)));
  };
  const tooLarge = [
    {
      what: "weights",
      made: deep(),
      // Above all parameters, however far apart the device wants them.
      limit: 60_000,
      says: /^webgpu: forward weights of \S+ needs 147456 bytes, expected/,
    },
    { what: "an image", made: wide(), limit: 12_000, says: /^webgpu: \S+ needs 16384 bytes, expected/ },
  ];

  test.each(tooLarge)("says so of $what, and leaves nothing behind", async ({ made, limit, says }) => {
    const { device, live } = await limited(limit);
    const use = async () => {
      using engine = await createWebgpuEngine(made, resolveInput(undefined, made.input.shape[2]), { device });
      await engine.logits(new Float32Array(sizeOf(made.input.shape)));
    };
    const error = await failure(use());
    expectOneLine(error, EngineError, says);
    expect(error.message).toContain(`expected at most ${limit}, the device's limit`);
    expect(live.size).toBe(0);
  });

  test("says so where memory does not suffice, and goes on", async () => {
    let full = false;
    const observed = observe(await sharedDevice());
    const device = new Proxy(observed.device, {
      get(target, name) {
        if (name === "createBuffer" && full)
          return () => {
            throw new RangeError("no memory to map");
          };
        return Reflect.get(target, name, target);
      },
    });
    using engine = await createWebgpuEngine(network, input, { device });
    const before = await engine.logits(images);
    full = true;
    const more = new Float32Array(3 * images.length);
    expectOneLine(
      await failure(engine.logits(more)),
      EngineError,
      /^webgpu: the device has no room for \d+ bytes/,
    );
    full = false;
    expectSameBits((await engine.logits(images)).logits, before.logits, "logits afterwards");
    await engine.logits(more);
  });
});

describe.skipIf(!gpu)("compile with backend webgpu", () => {
  /** Scores are W x. */
  const spec: NetworkSpec = {
    name: "tiny",
    input: { name: "image", shape: [1, 2, 2] },
    nodes: [
      { op: "Flatten", name: "flat", inputs: ["image"] },
      {
        op: "Gemm",
        name: "scores",
        inputs: ["flat"],
        units: 2,
        weights: Float32Array.of(1, 0, 0, 1, 2, 0, 0, 3),
      },
    ],
    output: "scores",
  };

  test("runs on the caller's device and says what runs", async () => {
    const device = await sharedDevice();
    const net: Compiled = await compile(spec, { backend: "webgpu", device, threads: 3, deterministic: true });
    expect(net.backend).toBe("webgpu");
    expect(net.adapter).toMatch(/\w/);
    expect(net.network?.name).toBe("tiny");
    expect(net.warnings).toEqual([
      'compile: threads is 3, but backend "webgpu" computes without worker threads',
      'compile: deterministic is true, but backend "webgpu" rounds as its device does',
      ...(device.adapterInfo.isFallbackAdapter
        ? [
            expect.stringMatching(
              /^compile: the WebGPU adapter \(".+"\) computes on the processor, expected a GPU/,
            ),
          ]
        : []),
    ]);
    const { logits, labels } = await net.logits(Float32Array.of(1, 2, 3, 4));
    expect([...logits]).toEqual([7, 14]);
    expect([...labels]).toEqual([1]);
    const { values } = await net.jacobian(Float32Array.of(1, 2, 3, 4), { classes: 2 });
    expect([...values]).toEqual([0, 1, 0, 3, 1, 0, 2, 0]);
    net.dispose();
    // The device is the caller's still.
    using again = await compile(spec, { backend: "webgpu", device });
    await again.logits(Float32Array.of(1, 2, 3, 4));
  });

  test("finds a device of its own through navigator.gpu", async () => {
    vi.stubGlobal("navigator", { gpu });
    using net = await compile(spec, { backend: "webgpu" });
    expect([...(await net.logits(Float32Array.of(1, 2, 3, 4))).logits]).toEqual([7, 14]);
    expectOneLine(
      await failure(net.logits(new Float32Array(3))),
      InvalidArgumentError,
      /expected a multiple of 4/,
    );
    expect([...(await net.logits(Float32Array.of(1, 2, 3, 4))).logits]).toEqual([7, 14]);
    expect(sizeOf(net.inputShape)).toBe(4);
  });
});
