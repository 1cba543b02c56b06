import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { compile, deepfool, foolingRate, type NetworkSpec, resolveInput } from "../../src/index.js";
import type { Gemm, Operator } from "../../src/network/spec.js";
import { hasShared, sharedPath } from "../support/shared.js";

/** Two pixels of two channels, three classes: scores are W x + b on what the network sees. */
const spec: NetworkSpec = {
  name: "tiny",
  input: { name: "image", shape: [1, 2, 2] },
  nodes: [
    { op: "Flatten", name: "flat", inputs: ["image"] },
    {
      op: "Gemm",
      name: "scores",
      inputs: ["flat"],
      units: 3,
      weights: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 2, -1, 0),
      bias: Float32Array.of(0, 0.5, 3),
    },
  ],
  output: "scores",
};
const gemm = spec.nodes[1] as Gemm;
const withSoftmax: NetworkSpec = {
  ...spec,
  nodes: [...spec.nodes, { op: "Softmax", name: "p", inputs: ["scores"] }],
  output: "p",
};
const reference = { backend: "reference" } as const;

describe("compile", () => {
  it("runs a network description, with the input transform that was declared", async () => {
    using net = await compile(spec, {
      ...reference,
      input: { range: [0, 255], mean: [0, 0.5], std: [1, 2] },
    });
    expect([net.backend, net.classes, [...net.inputShape], [...net.range]]).toEqual([
      "reference",
      3,
      [1, 2, 2],
      [0, 255],
    ]);
    const { logits, labels } = await net.logits(Float32Array.of(255, 255, 0, 127.5));
    // The network sees 1, 0.25, 0, 0.
    expect([...logits]).toEqual([1, 0.75, 3]);
    expect([...labels]).toEqual([2]);
    expect(net.network?.nodes.map((node) => node.name)).toEqual(["flat", "scores"]);
    expect(net.warnings).toEqual([expect.stringMatching(/input\.std is \[1, 2\], expected at most 1; mean/)]);
  });

  it("warns of a mean and a std that are those of bytes", async () => {
    const input = { range: [0, 255], mean: [-123.7, 116.3], std: 58.4 } as const;
    using net = await compile(spec, { ...reference, input });
    expect(net.warnings.slice(0, 2)).toEqual([
      expect.stringMatching(/input\.mean is \[-123\.7, 116\.3\], expected at most 1; .* scaled to \[0, 1\]/),
      expect.stringMatching(/input\.std is 58\.4, expected at most 1/),
    ]);
    using usual = await compile(spec, { ...reference, input: { mean: [0.485, 0.456], std: 1 } });
    expect(usual.warnings).toEqual([]);
  });

  it("strips a final softmax, also from a network that was built before", async () => {
    using net = await compile(withSoftmax, reference);
    expect(net.network?.strippedSoftmax).toBe(true);
    using again = await compile(net.network ?? spec, reference);
    expect(again.network?.strippedSoftmax).toBe(true);
    const x = Float32Array.of(1, 2, 3, 4);
    expect((await net.logits(x)).logits).toEqual((await again.logits(x)).logits);
  });

  it("warns about outputs that look like probabilities, and prints nothing", async () => {
    const constant: NetworkSpec = {
      ...spec,
      nodes: spec.nodes.map((node) =>
        node.op === "Gemm"
          ? { ...node, weights: new Float32Array(12), bias: Float32Array.of(0.2, 0.3, 0.5) }
          : node,
      ),
    };
    const heard: string[] = [];
    using net = await compile(constant, { ...reference, onWarning: (message) => heard.push(message) });
    expect(net.warnings).toEqual(heard);
    expect(heard).toEqual([
      'compile: the outputs of "tiny" look like probabilities, expected logits; ' +
        "DeepFool's distances mean little on probabilities",
    ]);
  });

  it("names classes as it is told", async () => {
    using net = await compile(spec, { ...reference, classNames: ["a", "b", "c"] });
    expect(net.classNames).toEqual(["a", "b", "c"]);
    await expect(compile(spec, { ...reference, classNames: ["a"] })).rejects.toThrow(
      "compile: classNames has 1 names, expected 3, one per class",
    );
  });

  const ending = (op: Operator, units: number): NetworkSpec => ({
    ...spec,
    nodes: [
      spec.nodes[0],
      {
        ...gemm,
        name: "scores",
        inputs: ["flat"],
        units,
        weights: gemm.weights.slice(0, 4 * units),
        bias: undefined,
      },
      { ...op, name: "p", inputs: ["scores"] },
    ],
    output: "p",
  });

  it("takes one score as that of class 1, whose sigmoid is stripped", async () => {
    using net = await compile(ending({ op: "Sigmoid" }, 1), reference);
    const { logits, labels } = await net.logits(Float32Array.of(0, 0, 0, 1, -1, 0, 0, 0));
    expect([[...logits], [...labels]]).toEqual([
      [0, 0, 0, -1],
      [0, 0],
    ]);
    expect(net.warnings).toEqual([]);
  });

  it.each([
    [{ op: "Sigmoid" }, 3, /ends in a sigmoid over 3 outputs, so an image may have several labels/],
    [
      { op: "Identity" },
      1,
      /has one output and no sigmoid, expected class scores; it is taken as the logit of class 1/,
    ],
  ] as const)("warns of labels that are not one of several: %j over %i", async (op, units, message) => {
    using net = await compile(ending(op, units), reference);
    expect(net.warnings).toEqual([expect.stringMatching(message)]);
  });

  it("warns where a network that rescales bytes gets none", async () => {
    const [flat, scores] = spec.nodes;
    const rescaling: NetworkSpec = {
      ...spec,
      nodes: [
        { op: "Constant", name: "by", inputs: [], data: Float32Array.of(1 / 255), shape: [1] },
        { op: "Mul", name: "small", inputs: ["image", "by"] },
        { ...flat, inputs: ["small"] },
        scores,
      ],
    };
    using black = await compile(rescaling, reference);
    expect(black.warnings).toEqual([
      expect.stringMatching(/rescales bytes itself, but what reaches it spans 1,/),
    ]);
    using right = await compile(rescaling, { ...reference, input: { range: [0, 255], std: 1 / 255 } });
    expect(right.warnings).toEqual([]);
  });

  it.each([
    [
      { backend: "gpu" },
      'compile: backend is "gpu", expected "auto" or "wasm" or "webgpu" or "reference" or "tfjs"',
    ],
    [{ threads: -1 }, "compile: threads is -1, expected an integer from 0 to 256"],
    [{ threads: "many" }, 'compile: threads is "many", expected an integer from 0 to 256'],
    [{ workerUrl: 5 }, "compile: workerUrl is number, expected where unifool/worker is served"],
    [{ deterministic: 1 }, "compile: deterministic is 1, expected true or false"],
    [{ thread: 1 }, 'compile: unknown option "thread", expected backend, threads, '],
    [{ signal: 5 }, "compile: signal is 5, expected an AbortSignal"],
    [{ onWarning: "warn" }, 'compile: onWarning is "warn", expected a function'],
    [{ input: null }, "compile: input is null, expected an object with range, mean and std"],
    [{ input: [0, 1] }, "compile: input is an array, expected an object with range, mean and std"],
    [{ input: { mena: 0.5 } }, 'compile: unknown option "input.mena", expected range, mean, std'],
    [{ input: { range: [1, 0] } }, "compile: input.range is [1, 0], expected [low, high] with low < high"],
    [{ input: { std: 0 } }, "compile: input.std is [0], expected positive values"],
    [{ input: { mean: Number.NaN } }, "compile: input.mean is [NaN], expected one finite value or 1"],
    [{ input: { mean: [0, 0, 0] } }, "compile: input.mean is [0,0,0], expected one finite value or 2"],
    [{ classNames: "a" }, "compile: classNames is string, expected an array of strings"],
    [{ classNames: ["a", 1] }, "compile: classNames[1] is number, expected a string"],
    [{ inputShape: [0, 1, 1] }, "compile: inputShape[0] is 0, expected an integer >= 1"],
    [{ backend: "wasm", tf: {} }, 'compile: tf is given with backend "wasm", expected backend "tfjs"'],
    [
      { backend: "auto", device: {} },
      'compile: device is given with backend "auto", expected backend "webgpu"',
    ],
    [
      { backend: "webgpu", device: 7 },
      "compile: device is not a GPUDevice, expected what adapter.requestDevice()",
    ],
    [{ backend: "webgpu", device: null }, "compile: device is not a GPUDevice"],
    [{ backend: "webgpu", device: { lost: true } }, "compile: device is not a GPUDevice"],
    [7, "compile: options is 7, expected an object"],
  ])("rejects %j", async (options, message) => {
    const merged = typeof options === "object" ? { ...reference, ...options } : options;
    await expect(compile(spec, merged as object)).rejects.toMatchObject({
      name: "InvalidArgumentError",
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [
      42,
      "compile: model is number, expected a path or URL of a model, its bytes or Files, a tf.LayersModel or tf.GraphModel, or a network description",
    ],
    [null, "compile: model is null, expected a path"],
    [{}, "compile: model is object, expected a path"],
  ])("rejects %j as a model", async (model, message) => {
    await expect(compile(model as never, reference)).rejects.toThrow(message);
  });

  it("says where a function belongs", async () => {
    await expect(compile((x) => x, reference)).rejects.toThrow(
      'compile: model is function, expected a path or URL of a model, its bytes or Files, a tf.LayersModel or tf.GraphModel, or a network description (a function needs backend "tfjs")',
    );
  });

  it("does no work when aborted", async () => {
    await expect(compile("nowhere.json", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  it.skipIf(!hasShared)("reads a model file and attacks it", async () => {
    using net = await compile(sharedPath("models", "mnist_cnn", "tfjs_layers", "model.json"), reference);
    const bytes = readFileSync(sharedPath("images", "mnist_test", "images.bin")).subarray(0, 3 * 784);
    const images = Float32Array.from(bytes, (pixel) => pixel / 255);
    const hit = await deepfool(net, images);
    expect([...hit.succeeded]).toEqual([1, 1, 1]);
    const { rate } = await foolingRate(net, images.subarray(0, 784), hit.perturbation.subarray(0, 784));
    expect(rate).toBe(1);
  });
});

describe("compile with backend tfjs", () => {
  it("runs descriptions, live models and functions on the tfjs that is given", async () => {
    const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
    await tf.setBackend("cpu");
    const images = Float32Array.of(0.5, 0.25, 0.75, 1, 0, 1, 0.5, 0.25);
    using expected = await compile(spec, reference);
    using described = await compile(spec, { backend: "tfjs", tf });
    const [weights, bias] = [tf.tensor2d(gemm.weights, [4, 3]), tf.tensor1d(gemm.bias ?? [])];
    const scores = (x: Tensor4D) => tf.add(tf.matMul(tf.reshape(x, [-1, 4]), weights), bias);
    using functional = await compile(scores, { backend: "tfjs", tf, inputShape: [1, 2, 2], classes: 3 });
    const model = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [1, 2, 2] }),
        tf.layers.dense({ units: 3, weights: [weights, bias] }),
      ],
    });
    using live = await compile(model, { backend: "tfjs", tf });
    const { logits } = await expected.logits(images);
    for (const net of [described, functional, live]) {
      expect(net.backend).toBe("tfjs");
      // Four products and a bias of values below 4.
      (await net.logits(images)).logits.forEach((score, i) => {
        expect(Math.abs(score - logits[i])).toBeLessThan(5 * 2 ** -24 * 12);
      });
      expect([...(await deepfool(net, images)).newLabels]).toEqual([
        ...(await deepfool(expected, images)).newLabels,
      ]);
    }
    expect(described.network?.name).toBe("tiny");
    expect(functional.network).toBeUndefined();
  });
});

describe("resolveInput is public for engines of one's own", () => {
  it("gives scale and offset", () => {
    expect(resolveInput({ range: [0, 2], mean: 0.5, std: 0.25 }, 1)).toEqual({
      range: [0, 2],
      scale: [2],
      offset: [-2],
    });
  });
});
