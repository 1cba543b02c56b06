import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as workerThreads from "node:worker_threads";
import { gzipSync, strToU8, zipSync } from "fflate";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type CompileOptions,
  type CompileProgress,
  type CompileSource,
  compile,
  inspect,
  loadModel,
} from "../../src/index.js";
import { mixedNetwork } from "../engines/mixed_network.js";
import { tfjsOn } from "../engines/tfjs_backends.js";
import { gpu, sharedDevice } from "../engines/webgpu_engines.js";
import { savedModel, sequential, tf, withFiles } from "../network/layers_model_fixtures.js";
import { Fixture } from "../network/onnx/fixture.js";
import { TYPES } from "../network/onnx/writer.js";
import { observe } from "../support/observed_device.js";

const network = mixedNetwork(10);

/** What a compilation tells, and that the engine is there. */
async function heard(from: CompileSource, options: CompileOptions): Promise<CompileProgress[]> {
  const events: CompileProgress[] = [];
  using net = await compile(from, { ...options, onProgress: (event) => void events.push(event) });
  expect(net.classes).toBeGreaterThan(1);
  return events;
}

/** The stages of events, each told as it should be: from 0 on, never less, whole at its end. */
function stagesOf(events: readonly CompileProgress[]): string[] {
  const stages: string[] = [];
  events.forEach((event, i) => {
    const { stage, done, total } = event;
    const [before, after] = [events[i - 1], events[i + 1]];
    expect(event).not.toEqual(before);
    if (before?.stage === stage) expect(done).toBeGreaterThanOrEqual(before.done);
    else stages.push(stage);
    // The first bytes of a file come after it has been asked for.
    if (before?.stage !== stage && stage !== "read") expect(done).toBe(0);
    if (total !== undefined) expect(done).toBeLessThanOrEqual(total);
    if (after?.stage !== stage) expect(done).toBe(total);
  });
  return stages;
}

interface Way {
  readonly name: string;
  readonly options: () => Promise<CompileOptions>;
  readonly stages: readonly string[];
}
const wasm = (name: string, options: CompileOptions, ...stages: string[]): Way => ({
  name,
  options: async () => ({ backend: "wasm", ...options }),
  stages: ["plan", "weights", ...stages],
});
/** Every engine, and what it tells when it is made. */
const ways: readonly Way[] = [
  { name: "reference", options: async () => ({ backend: "reference" }), stages: ["plan"] },
  wasm("wasm, on the calling thread", { threads: 0 }),
  wasm("wasm, deterministic", { threads: 0, deterministic: true }),
  wasm("wasm, one worker", { threads: 1 }, "workers"),
  wasm("wasm, three workers", { threads: 3 }, "workers"),
  { ...wasm("auto, a small network", {}, "workers"), options: async () => ({}) },
  { name: "tfjs", options: async () => ({ backend: "tfjs", tf: await tfjsOn("cpu") }), stages: ["plan"] },
  ...(gpu
    ? [
        {
          name: "webgpu",
          options: async () => ({ backend: "webgpu", device: await sharedDevice() }) as const,
          stages: ["plan", "weights", "shaders"],
        },
      ]
    : []),
];

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Has workers made by another class, until the test ends. */
function withWorkers(Worker: unknown): void {
  const real = process.getBuiltinModule.bind(process);
  vi.spyOn(process, "getBuiltinModule").mockImplementation(((name: string) =>
    name === "node:worker_threads" ? { ...workerThreads, Worker } : real(name)) as never);
}

describe("progress of compile", () => {
  it.each(ways)("on $name", async ({ options, stages }) => {
    const events = await heard(network, await options());
    expect(stagesOf(events)).toEqual(["import", ...stages, "check"]);
    expect(events.at(-1)).toEqual({ stage: "check", done: 1, total: 1 });
  });

  it("tells bytes of weights and workers that have started", async () => {
    const events = await heard(network, { backend: "wasm", threads: 3 });
    const last = (stage: string) => events.filter((event) => event.stage === stage).at(-1)?.total;
    // Weights of all layers, each in a form for the forward pass and others for backward passes.
    const weights = network.nodes.flatMap((node) => ("weights" in node ? [node.weights] : []));
    expect(last("weights")).toBeGreaterThan(weights.reduce((sum, { byteLength }) => sum + byteLength, 0));
    expect(events.filter(({ stage }) => stage === "workers").map(({ done }) => done)).toEqual([0, 1, 2, 3]);
  });

  it.skipIf(!gpu)("tells every pipeline, and none is left for the first logits", async () => {
    const device = await sharedDevice();
    const compiled = vi.fn(device.createComputePipelineAsync.bind(device));
    const counted = new Proxy(device, {
      get(target, name) {
        if (name === "createComputePipelineAsync") return compiled;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const events = await heard(network, { backend: "webgpu", device: counted });
    const shaders = events.filter(({ stage }) => stage === "shaders");
    expect(shaders.map(({ done }) => done)).toEqual(shaders.map((_, i) => i));
    expect(compiled.mock.calls.length).toBe(shaders.length - 1);
    expect(shaders.length).toBeGreaterThan(10);
  });

  it("is told again where it is done again, without workers", async () => {
    withWorkers(
      class {
        constructor() {
          throw new Error("forbidden");
        }
      },
    );
    const events = await heard(network, { backend: "wasm" });
    expect(events.filter(({ stage, done }) => stage === "plan" && done === 0).length).toBe(2);
    const again = events.findLastIndex(({ stage, done }) => stage === "plan" && done === 0);
    expect(stagesOf(events.slice(again))).toEqual(["plan", "weights", "check"]);
  });

  it("is told again where auto falls back", async () => {
    const requestAdapter = async () => ({
      info: { vendor: "nvidia" },
      limits: {},
      features: new Set(),
      requestDevice: async () => {
        throw new Error("none");
      },
    });
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    const builder = new (await import("../support/network_builder.js")).NetworkBuilder([32, 32, 64], 1);
    const conv = builder.conv(builder.input, { filters: 32, kernel: 3 });
    const pooled = builder.add({ op: "GlobalAveragePool" }, conv);
    const events = await heard(builder.build(builder.gemm(pooled, 3)), {});
    const again = events.findLastIndex(({ stage, done }) => stage === "plan" && done === 0);
    expect(events.slice(0, again).map(({ stage }) => stage)).toContain("import");
    expect(stagesOf(events.slice(again))).toEqual(["plan", "weights", "workers", "check"]);
  });

  it.each([5, "told", {}, true])("rejects %j as a callback, typed", async (onProgress) => {
    for (const work of [compile, loadModel, inspect])
      await expect(work(network, { onProgress: onProgress as never })).rejects.toMatchObject({
        name: "InvalidArgumentError",
        message: expect.stringMatching(/^\w+: onProgress is .*, expected a function$/),
      });
  });

  it("may end by an abort from the callback", async () => {
    const controller = new AbortController();
    const options = { backend: "wasm", threads: 2, signal: controller.signal } as const;
    const onProgress = ({ stage }: CompileProgress) => stage === "workers" && controller.abort("enough");
    await expect(compile(network, { ...options, onProgress })).rejects.toBe("enough");
  });
});

describe("a callback that throws ends compile with what it threw, and nothing stays", () => {
  /** Throws at each event in turn. */
  async function throwing(options: CompileOptions, left: () => Promise<void>): Promise<void> {
    const events = await heard(network, options);
    await left();
    for (const at of events.keys()) {
      const thrown = at % 2 ? new Error("mine") : "not even an error";
      let seen = 0;
      const onProgress = (): void => {
        if (seen++ === at) throw thrown;
      };
      const outcome = await compile(network, { ...options, onProgress }).then(
        () => "compiled",
        (error: unknown) => error,
      );
      expect(outcome).toBe(thrown);
      expect(seen).toBe(at + 1);
      await left();
    }
  }

  it.each(ways.filter(({ name }) => !/webgpu|worker/.test(name)))("on $name", async ({ options }) => {
    await throwing({ ...(await options()), threads: 0 }, async () => {});
  });

  it.each([1, 2])("with %i workers, which end", async (threads) => {
    const running = new Set<workerThreads.Worker>();
    class Watched extends workerThreads.Worker {
      constructor(...given: ConstructorParameters<typeof workerThreads.Worker>) {
        super(...given);
        running.add(this);
        this.on("exit", () => running.delete(this));
      }
    }
    withWorkers(Watched);
    await throwing({ backend: "wasm", threads }, () =>
      vi.waitFor(() => expect(running.size).toBe(0), { timeout: 10_000 }),
    );
  });

  it.skipIf(!gpu)("on webgpu, whose buffers are destroyed", async () => {
    const observed = observe(await sharedDevice());
    await throwing({ backend: "webgpu", device: observed.device }, async () =>
      expect(observed.live.size).toBe(0),
    );
  });

  it("on auto, which then tries nothing else", async () => {
    const requestAdapter = vi.fn(async () => null);
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    const onProgress = (): void => {
      throw new RangeError("mine");
    };
    await expect(compile(network, { onProgress })).rejects.toThrow(RangeError);
    expect(requestAdapter).not.toHaveBeenCalled();
  });
});

describe("progress of reading", () => {
  const model = sequential(
    [6, 5, 3],
    [tf.layers.flatten(), tf.layers.dense({ units: 4, activation: "softmax", name: "scores" })],
  );
  let json: string;
  let weights: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    const saved = await savedModel(model);
    json = JSON.stringify(saved.json);
    weights = new Uint8Array(saved.bytes);
  });
  const all = () => json.length + weights.length;

  /** What loadModel tells: reading, then the network. */
  async function readings(from: CompileSource): Promise<CompileProgress[]> {
    const events: CompileProgress[] = [];
    await loadModel(from as never, { onProgress: (event) => void events.push(event) });
    expect(stagesOf(events)).toEqual(["read", "import"]);
    return events.filter(({ stage }) => stage === "read");
  }

  it("of a description and its weights: the total is known with the weights", async () => {
    const files = [new File([json], "model.json"), new File([weights], "weights.bin")];
    const expected = [
      { stage: "read", done: json.length, total: undefined },
      { stage: "read", done: all(), total: all() },
    ];
    expect(await readings(files)).toEqual(expected);
    await withFiles({ "model.json": json, "weights.bin": weights, "metadata.json": "{}" }, async (folder) => {
      expect(await readings(folder)).toEqual(expected);
      const found: CompileProgress[] = [];
      await inspect(folder, { onProgress: (event) => void found.push(event) });
      expect(stagesOf(found)).toEqual(["read", "import"]);
    });
  });

  it("of an archive, and of what it holds", async () => {
    const bytes = zipSync({ "model.json": strToU8(json), "weights.bin": weights });
    const events = await readings(bytes);
    expect(events[0]).toEqual({ stage: "read", done: bytes.length, total: bytes.length });
    expect(events.at(-1)?.done).toBe(bytes.length + weights.length);
  });

  it("of a live model: there is nothing to read", async () => {
    const events: CompileProgress[] = [];
    await loadModel(model, { onProgress: (event) => void events.push(event) });
    expect(stagesOf(events)).toEqual(["import"]);
  });

  const onnx = (external: boolean) => {
    const fixture = new Fixture({ input: ["N", 3, 2, 2] });
    const raw = new Uint8Array(Float32Array.from({ length: 60 }, (_, i) => i / 60).buffer);
    const place = { location: "data.bin", offset: "0", length: String(raw.length) };
    const dims = [5, 12];
    const matrix = fixture.initializer({
      type: TYPES.float,
      dims,
      ...(external ? { external: place } : { raw }),
    });
    const flat = fixture.node("Flatten", [fixture.x]);
    return { bytes: fixture.bytes(fixture.node("Gemm", [flat, matrix], { transB: 1 })), raw };
  };

  it("of an ONNX file, whose size is known", async () => {
    const { bytes } = onnx(false);
    const whole = [{ stage: "read", done: bytes.length, total: bytes.length }];
    expect(await readings(bytes)).toEqual(whole);
    await withFiles({ "model.onnx": bytes }, async (folder) => expect(await readings(folder)).toEqual(whole));
  });

  it("of an ONNX file with weights beside it: more is to come", async () => {
    const { bytes, raw } = onnx(true);
    const expected = [
      { stage: "read", done: bytes.length, total: bytes.length },
      { stage: "read", done: bytes.length + raw.length, total: bytes.length + raw.length },
    ];
    expect(await readings([new File([bytes], "a.onnx"), new File([raw], "data.bin")])).toEqual(expected);
    await withFiles({ "model.onnx": bytes, "data.bin": raw }, async (folder) =>
      expect(await readings(folder)).toEqual(expected),
    );
  });

  describe("over a network", () => {
    const { bytes } = onnx(false);
    const half = bytes.length >> 1;
    /** Sends a file in two halves, with its length, without, or packed. */
    const server = createServer((request, response) => {
      const packed = request.url === "/packed.onnx";
      const body = packed ? gzipSync(bytes) : bytes;
      if (packed) response.setHeader("content-encoding", "gzip");
      if (request.url !== "/chunked.onnx") response.setHeader("content-length", body.length);
      response.write(body.subarray(0, half), () =>
        setTimeout(() => request.socket.destroyed || response.end(body.subarray(half)), 20),
      );
    });
    let base = "";
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    it("tells the total where the server does", async () => {
      const events = await readings(`${base}/whole.onnx`);
      expect(events.length).toBeGreaterThan(1);
      expect(new Set(events.map(({ total }) => total))).toEqual(new Set([bytes.length]));
    });

    it.each(["chunked", "packed"])("tells no total of a %s file, until it is there", async (name) => {
      const events = await readings(`${base}/${name}.onnx`);
      expect(events.at(-1)).toEqual({ stage: "read", done: bytes.length, total: bytes.length });
      expect(new Set(events.slice(0, -1).map(({ total }) => total))).toEqual(new Set([undefined]));
    });

    it("ends where the callback throws, with the download", async () => {
      const thrown = new TypeError("mine");
      const closed = new Promise((resolve) =>
        server.once("request", (_, reply) => reply.on("close", resolve)),
      );
      const onProgress = (): void => {
        throw thrown;
      };
      await expect(loadModel(`${base}/whole.onnx`, { onProgress })).rejects.toBe(thrown);
      await closed;
    });
  });
});
