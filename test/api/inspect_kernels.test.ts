import { describe, expect, it } from "vitest";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { inspect, loadModel } from "../../src/index.js";
import { resolveInput } from "../../src/network/input.js";
import type { NetworkSpec, NodeSpec } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";

const random = randomValues(3);
const uniform = (length: number) => Float32Array.from({ length }, () => random.uniform(-1, 1));
const filled = (length: number, value: number) => new Float32Array(length).fill(value);

const conv = (name: string, input: string, filters: number, channels: number, groups = 1): NodeSpec => ({
  op: "Conv",
  name,
  inputs: [input],
  kernel: [3, 3],
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  groups,
  filters,
  weights: uniform((9 * filters * channels) / groups),
});

/** A convolution with all that joins it, a depthwise one, a max-pool of a relu, what only renames, a dense layer. */
const NETWORK: NetworkSpec = {
  input: { name: "image", shape: [6, 6, 3] },
  nodes: [
    { op: "Pad", name: "padded", inputs: ["image"], pads: [0, 0, 0, 0] },
    conv("conv", "padded", 8, 3),
    {
      ...{ op: "BatchNormalization", name: "norm", inputs: ["conv"], epsilon: 1e-3 },
      ...{ scale: uniform(8), bias: uniform(8), mean: uniform(8), variance: filled(8, 1) },
    },
    { op: "Relu", name: "relu", inputs: ["norm"] },
    conv("depthwise", "relu", 8, 8, 8),
    { op: "Add", name: "sum", inputs: ["depthwise", "relu"] },
    { op: "Relu", name: "relu6", inputs: ["sum"] },
    { op: "MaxPool", name: "pool", inputs: ["relu6"], kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    { op: "Flatten", name: "flat", inputs: ["pool"] },
    { op: "Identity", name: "dropout", inputs: ["flat"] },
    { op: "Gemm", name: "scores", inputs: ["dropout"], units: 4, weights: uniform(4 * 72) },
  ],
  output: "scores",
};

async function layersOf(options: Parameters<typeof inspect>[1]) {
  const found = await inspect(NETWORK, options);
  if (!found.supported) throw new Error(found.message);
  return new Map(found.layers.map((layer) => [layer.name, layer]));
}

describe("kernels of each layer", () => {
  it("are those that an engine of the network runs, each with the first layer of its step", async () => {
    const layers = await layersOf({ kernels: true });
    const network = await loadModel(NETWORK);
    using engine = await createWasmEngine(network, resolveInput(undefined, 3), { threads: 0 });
    const image = Float32Array.from({ length: 108 }, () => random.uniform(0, 1));
    const run = await engine.profile(image, { classes: 4, repeats: 1 });
    const named = [...layers.values()].flatMap(({ kernels }) => kernels?.wasm.forward ?? []);
    const forward = run.flatMap(({ kernel, phase }) => (phase === "forward" ? [kernel] : []));
    expect(new Set(named)).toEqual(new Set(forward));
    // A profile of a gradient has what only that calls.
    const gradient = (await engine.profile(image, { classes: 0, repeats: 1 })).map(({ kernel }) => kernel);
    expect(gradient).toContain("conv_gradient_3x3");
    expect(run.map(({ kernel }) => kernel)).not.toContain("conv_gradient_3x3");
    expect(layers.get("norm")?.kernels?.partOf).toBe("conv");
    expect(layers.get("relu")?.kernels?.partOf).toBe("conv");
    expect(layers.get("relu6")?.kernels?.partOf).toBe("sum");
  });

  it("are none of what only renames values, and some of all that computes, on both engines", async () => {
    for (const [name, { kernels }] of await layersOf({ kernels: true }))
      for (const engine of ["wasm", "webgpu"] as const) {
        const { forward = [], backward = [] } = kernels?.[engine] ?? {};
        if (["padded", "flat", "dropout"].includes(name) || kernels?.partOf)
          expect([name, ...forward, ...backward]).toEqual([name]);
        // A sum hands its cotangent on as it is.
        else expect([name, forward.length > 0, backward.length > 0]).toEqual([name, true, name !== "sum"]);
      }
  });

  it("are not planned unless asked for", async () => {
    for (const layer of (await layersOf({})).values()) expect(layer).not.toHaveProperty("kernels");
  });
});

describe("live units", () => {
  const images = Float32Array.from({ length: 2 * 108 }, () => random.uniform(0, 255));
  const input = { range: [0, 255], mean: 0.5, std: 0.5 } as const;

  it("are those that are positive after a relu, and after a max-pool of it", async () => {
    const layers = await layersOf({ images, input });
    const network = await loadModel(NETWORK);
    // By the values of the layers themselves: as the output of a network of its own.
    for (const name of ["relu", "relu6", "pool"]) {
      const flat: NodeSpec = { op: "Flatten", name: "values", inputs: [name] };
      const end = network.nodes.findIndex((node) => node.name === name);
      const cut = { ...NETWORK, nodes: [...NETWORK.nodes.slice(0, end + 1), flat], output: "values" };
      using engine = createReferenceEngine(await loadModel(cut), resolveInput(input, 3));
      const { logits } = await engine.logits(images);
      const live = logits.filter((value) => value > 0).length / logits.length;
      expect(live).toBeGreaterThan(0);
      expect(layers.get(name)?.live).toBeCloseTo(live, 12);
    }
    const others = [...layers.values()].filter(({ live }) => live !== undefined).map(({ name }) => name);
    expect(others).toEqual(["relu", "relu6", "pool"]);
  });

  it("need images of the network, in its range", async () => {
    await expect(inspect(NETWORK, { images: new Float32Array(107) })).rejects.toThrow(
      "inspect: images has 107 values, expected a multiple of 108 (6x6x3)",
    );
    await expect(inspect(NETWORK, { kernels: 1 as never })).rejects.toThrow(/^inspect: kernels is 1/);
    await expect(inspect(NETWORK, { speed: 1 } as never)).rejects.toThrow(/unknown option "speed"/);
  });
});

it("a clip stops cotangents too", async () => {
  const clipped: NetworkSpec = {
    input: { name: "x", shape: [4] },
    nodes: [{ op: "Clip", name: "scores", inputs: ["x"], min: 0, max: 0.5 }],
    output: "scores",
  };
  const found = await inspect(clipped, { images: Float32Array.of(0, 0.25, 0.75, 0.1) });
  expect(found.supported && found.layers[0].live).toBe(0.5);
});
