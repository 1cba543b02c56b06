import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { workerSource } from "../../src/engines/wasm/threads/worker.generated.js";
import { isSoftware } from "../../src/engines/webgpu/software.js";
import { type CompileOptions, compile, type NetworkSpec, UnsupportedOperatorError } from "../../src/index.js";
import { webgpu } from "../../src/kernels/operators/webgpu.generated.js";
import { gpu } from "../engines/webgpu_engines.js";
import { NetworkBuilder } from "../support/network_builder.js";

/** A convolution of 9 * 64 * 16 * 16 multiply-adds for every filter, and hardly anything else. */
function network(filters: number): NetworkSpec {
  const builder = new NetworkBuilder([16, 16, 64], 1);
  const conv = builder.relu(builder.conv(builder.input, { filters, kernel: 3 }));
  const small = builder.conv(conv, { filters: 1, kernel: 8, strides: 8, pads: "valid" });
  return builder.build(builder.gemm(builder.flatten(small), 3));
}
const large = network(80);
const small = network(8);

/** A browser whose GPU is that; counts how often it is asked for. */
function browser(adapter: () => unknown) {
  const requestAdapter = vi.fn(async () => adapter());
  vi.stubGlobal("navigator", { gpu: { requestAdapter } });
  return requestAdapter;
}

/** An adapter that must not be used. */
const unwanted = (info: object, rest: object = {}) => ({
  info,
  limits: {},
  features: new Set(),
  requestDevice: () => expect.unreachable("a device was asked for"),
  ...rest,
});

/** What `auto` takes, and that it computes. */
async function taken(spec: NetworkSpec, options: CompileOptions = {}): Promise<string> {
  using net = await compile(spec, options);
  expect(net.choice?.split(":")[0]).toBe(net.backend);
  expect(net.warnings).toEqual([]);
  const { logits } = await net.logits(new Float32Array(16 * 16 * 64).fill(0.5));
  expect(logits.every(Number.isFinite)).toBe(true);
  return net.choice ?? "";
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("what is no GPU", () => {
  it.each([
    [{ vendor: "google", architecture: "swiftshader" }],
    [{ description: "SwiftShader Device (LLVM 16.0.0)" }],
    [{ description: "llvmpipe (LLVM 15.0.6, 256 bits)" }],
    [{ device: "lavapipe" }],
    [{ vendor: "mesa" }],
    [{ vendor: "microsoft", description: "Microsoft Basic Render Driver" }],
    [{ vendor: "Microsoft" }],
    [{ vendor: "acme", isFallbackAdapter: true }],
  ])("%j", async (info) => {
    expect(isSoftware(info)).toBe(true);
    browser(() => unwanted(info));
    expect(await taken(large)).toMatch(/^wasm: the WebGPU adapter \(".+"\) computes on the processor$/);
  });

  it.each([
    [{ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H200" }],
    [{ vendor: "apple", architecture: "metal-3" }],
    [{ vendor: "amd", description: "AMD Radeon Graphics (RADV)" }],
    [{ vendor: "intel", architecture: "gen-12lp", isFallbackAdapter: false }],
    [{ vendor: "", architecture: "" }],
    [undefined],
  ])("not %j", (info) => {
    expect(isSoftware(info)).toBe(false);
  });

  it("is told by the adapter of older browsers", async () => {
    browser(() => unwanted({ vendor: "acme" }, { isFallbackAdapter: true }));
    expect(await taken(large)).toMatch(/\("acme"\) computes on the processor/);
  });
});

describe("auto takes WASM without a look at adapters", () => {
  it("for a small network", async () => {
    const asked = browser(() => unwanted({ vendor: "nvidia" }));
    expect(await taken(small)).toBe(
      "wasm: 1.2 million multiply-adds an image are fewer than the 10 million from which a GPU pays",
    );
    expect(asked).not.toHaveBeenCalled();
  });

  it.each([
    ["threads", { threads: 0 }],
    ["deterministic", { deterministic: true }],
  ] as const)("where %s is given", async (name, options) => {
    const asked = browser(() => unwanted({ vendor: "nvidia" }));
    expect(await taken(large, options)).toBe(`wasm: ${name} is given`);
    expect(asked).not.toHaveBeenCalled();
  });

  it("where workerUrl is given, from where the workers come", async () => {
    const folder = mkdtempSync(join(tmpdir(), "unifool-auto-"));
    try {
      const path = join(folder, "worker.cjs");
      writeFileSync(path, `require("node:fs").writeFileSync(__filename + ".ran", "");${workerSource}`);
      const asked = browser(() => unwanted({ vendor: "nvidia" }));
      expect(await taken(large, { workerUrl: pathToFileURL(path) })).toBe("wasm: workerUrl is given");
      expect(asked).not.toHaveBeenCalled();
      expect(existsSync(`${path}.ran`)).toBe(true);
      // Nothing is there: no other way to compute was meant.
      const workerUrl = pathToFileURL(join(folder, "none.js"));
      await expect(compile(large, { workerUrl })).rejects.toThrow(/could not start .* workerUrl/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([[undefined], [{}]])("where there is no navigator.gpu, as in Node: %j", async (navigator) => {
    vi.stubGlobal("navigator", navigator);
    expect(await taken(large)).toBe("wasm: navigator.gpu is missing");
  });

  it("and says nothing where the backend was asked for", async () => {
    using net = await compile(small, { backend: "wasm" });
    expect(net.choice).toBeUndefined();
  });
});

describe("auto takes WASM where WebGPU fails", () => {
  const gives = (requestDevice: () => unknown) => () =>
    unwanted({ vendor: "nvidia", architecture: "hopper" }, { requestDevice: async () => requestDevice() });

  it.each([
    ["there is no adapter", () => null, /no WebGPU adapter, expected a GPU/],
    [
      "the request fails",
      () => {
        throw new DOMException("blocked\nby a flag", "OperationError");
      },
      /cannot be used \(blocked\)$/,
    ],
    [
      "there is no device",
      gives(() => {
        throw new DOMException("limits too small", "OperationError");
      }),
      /\("nvidia hopper"\) gives no device \(limits too small\)/,
    ],
  ])("%s", async (_, adapter, says) => {
    browser(adapter);
    const choice = await taken(large);
    expect(choice).toMatch(/^wasm: WebGPU cannot be used \(/);
    expect(choice).toMatch(says);
  });

  it("is told of an abort all the same", async () => {
    const abort = new AbortController();
    browser(() => {
      abort.abort(new Error("enough"));
      return null;
    });
    await expect(compile(large, { signal: abort.signal })).rejects.toThrow("enough");
  });

  it("rejects with what is wrong with the input on any backend", async () => {
    const requestDevice = vi.fn();
    browser(gives(requestDevice));
    await expect(compile(large, { input: { mean: [0, 0] } })).rejects.toThrow(/input\.mean/);
    expect(requestDevice).not.toHaveBeenCalled();
  });
});

describe.skipIf(!gpu)("an adapter that calls itself a GPU", () => {
  /** The machine's, under another name. */
  const disguised = async (change: Partial<GPUAdapter> = {}, device = (made: GPUDevice) => made) => {
    const real = (await (gpu as GPU).requestAdapter()) as GPUAdapter;
    const { limits, features } = real;
    return {
      info: { vendor: "nvidia", architecture: "hopper" },
      limits,
      features,
      requestDevice: async (wanted: GPUDeviceDescriptor) => device(await real.requestDevice(wanted)),
      ...change,
    };
  };

  it("is taken for a large network, with the same logits", async () => {
    browser(() => disguised());
    expect(await taken(large)).toBe(
      'webgpu: a GPU ("nvidia hopper") pays for 12 million multiply-adds an image',
    );
    using net = await compile(large);
    using exact = await compile(large, { backend: "reference" });
    const x = Float32Array.from({ length: 16 * 16 * 64 }, (_, i) => (i % 7) / 7);
    const [{ logits }, { logits: expected }] = [await net.logits(x), await exact.logits(x)];
    const scale = Math.max(...expected.map(Math.abs));
    logits.forEach((score, i) => {
      expect(Math.abs(score - expected[i])).toBeLessThan(1e-4 * scale);
    });
  });

  it("is given up for a network with an operator that it has no kernels for", async () => {
    // There is none today.
    const kernels = webgpu as { -readonly [Name in keyof typeof webgpu]: unknown };
    const { Conv } = kernels;
    kernels.Conv = { absent: "it is new" };
    try {
      browser(() => disguised());
      expect(await taken(large)).toBe("wasm: WebGPU cannot be used (webgpu: no kernels for Conv, it is new)");
    } finally {
      kernels.Conv = Conv;
    }
    expect(await taken(large)).toMatch(/^webgpu: /);
  });

  it("is given up where its driver refuses a kernel", async () => {
    browser(() =>
      disguised({}, (device) => {
        device.createComputePipelineAsync = async () => {
          throw new DOMException("out of registers\nin line 3", "OperationError");
        };
        return device;
      }),
    );
    expect(await taken(large)).toMatch(
      /^wasm: WebGPU cannot be used \(webgpu: the device refuses kernel \S+ \(.*out of registers\)\)$/,
    );
  });

  it("is not looked for by a network with an operator that nothing has", async () => {
    const asked = browser(() => unwanted({ vendor: "nvidia" }));
    const [first, ...rest] = large.nodes;
    const strange = { ...large, nodes: [{ ...first, op: "Fold" } as never, ...rest] };
    await expect(compile(strange)).rejects.toThrow(UnsupportedOperatorError);
    expect(asked).not.toHaveBeenCalled();
  });

  it("is given up where the device is lost while it is compiled for", async () => {
    browser(() =>
      disguised({}, (device) => {
        device.destroy();
        return device;
      }),
    );
    expect(await taken(large)).toMatch(/^wasm: WebGPU cannot be used \(.*(lost|refused)/);
  });

  it("is given up where its limits are too small, and the device is destroyed", async () => {
    const destroyed = vi.fn();
    browser(() =>
      disguised({}, (device) => {
        void device.lost.then(destroyed);
        return new Proxy(device, {
          get(target, name) {
            if (name === "limits")
              return new Proxy(target.limits, {
                get: (all, limit) =>
                  /BufferBindingSize|maxBufferSize/.test(String(limit))
                    ? 20_000
                    : Reflect.get(all, limit, all),
              });
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      }),
    );
    expect(await taken(large)).toMatch(/^wasm: WebGPU cannot be used \(.* needs \d+ bytes, expected/);
    await vi.waitFor(() => expect(destroyed).toHaveBeenCalled());
  });

  it.skipIf(process.env.UNIFOOL_GPU === "real")(
    "the machine's own, under its own name, is not taken",
    async () => {
      const adapter = (await (gpu as GPU).requestAdapter()) as GPUAdapter;
      browser(() => adapter);
      expect(await taken(large)).toMatch(/^wasm: the WebGPU adapter \(".+"\) computes on the processor$/);
    },
  );
});
