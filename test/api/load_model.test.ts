import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  compile,
  InvalidArgumentError,
  inspect,
  loadModel,
  ModelError,
  type Network,
  type NetworkSpec,
} from "../../src/index.js";
import {
  type SavedModel,
  savedModel,
  sequential,
  tf,
  withFiles,
  withSaved,
} from "../network/layers_model_fixtures.js";

const { layers } = tf;

const model = sequential(
  [6, 5, 3],
  [
    layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", name: "conv" }),
    layers.flatten(),
    layers.dense({ units: 4, activation: "softmax", name: "scores" }),
  ],
);
let saved: SavedModel;
let expected: Network;
beforeAll(async () => {
  saved = await savedModel(model);
  expected = await withSaved(saved, (path) => loadModel(path));
});

/** The model as one file: its JSON, weights inside their own file, both in memory. */
function files(folder = ""): File[] {
  const json = structuredClone(saved.json);
  json.weightsManifest[0].paths = ["a/first.bin", "second.bin"];
  const half = 4 * Math.floor(saved.bytes.length / 8);
  const file = (path: string, content: BlobPart): File => {
    const made = new File([content], path.slice(path.lastIndexOf("/") + 1));
    // What a browser sets for an input of a folder.
    if (folder) Object.defineProperty(made, "webkitRelativePath", { value: `${folder}/${path}` });
    return made;
  };
  return [
    file("second.bin", saved.bytes.slice(half) as Uint8Array<ArrayBuffer>),
    file("metadata.json", "{}"),
    file("a/first.bin", saved.bytes.slice(0, half) as Uint8Array<ArrayBuffer>),
    file("model.json", JSON.stringify(json)),
  ];
}

describe("loadModel", () => {
  it("gives the network that compile runs", async () => {
    expect(expected.strippedSoftmax).toBe(true);
    expect(expected.classes).toBe(4);
    using net = await withSaved(saved, (path) => compile(path, { backend: "reference" }));
    expect(net.network).toEqual(expected);
  });

  it("a folder in Node", () =>
    withSaved(saved, async (path) => expect(await loadModel(join(path, ".."))).toEqual(expected)));

  it("a live model", async () => expect(await loadModel(model)).toEqual(expected));

  it("files of an input, whatever their order", async () => {
    expect(await loadModel(files())).toEqual(expected);
  });

  it("files of a folder", async () => {
    expect(await loadModel(files("mine/net"))).toEqual(expected);
  });

  it("its own result, and a description", async () => {
    expect(await loadModel(expected)).toEqual(expected);
    const { name, input, nodes, output } = expected;
    const spec: NetworkSpec = { name, input, nodes, output };
    expect(await loadModel(spec)).toEqual({ ...expected, strippedSoftmax: false });
  });

  it("can be stopped", async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort("enough") };
    await expect(loadModel(files(), options)).rejects.toBe("enough");
    await expect(loadModel(files(), { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  it("bytes of a model.json whose weights are elsewhere: says what to pass", () =>
    withSaved(saved, async (path) => {
      const bytes = await readFile(path);
      for (const source of [
        new Uint8Array(bytes),
        bytes,
        new Uint8Array(bytes).buffer,
        new Blob([bytes]),
        new File([bytes], "model.json"),
      ])
        await expect(loadModel(source)).rejects.toThrow(
          /^loadModel: .*: weights file "weights\.bin" is missing \(it came alone\); pass the model's files together/,
        );
    }));

  it("bytes in shared memory, and a part of a larger buffer", async () => {
    const text = new TextEncoder().encode('{"modelTopology": 1}');
    const shared = new Uint8Array(new SharedArrayBuffer(text.length + 2)).subarray(1, -1);
    shared.set(text);
    await expect(loadModel(shared)).rejects.toThrow(/loadModel: the bytes: .*no modelTopology/);
  });

  it("a file that is missing, or of another length", async () => {
    const given = files();
    await expect(loadModel(given.slice(1))).rejects.toThrow(
      /"second\.bin" is missing \(it is not among the files\)/,
    );
    given[0] = new File(["x"], "second.bin");
    await expect(loadModel(given)).rejects.toThrow(ModelError);
  });

  it("files among which no model is, or several", async () => {
    const pictures = [new File(["x"], "a.png"), new File(["x"], "b.png")];
    await expect(loadModel(pictures)).rejects.toThrow(
      'loadModel: model is 2 files ("a.png", "b.png"), expected one model.json or one .onnx file among them',
    );
    const two = [...files(), new File(["{}"], "model.json")];
    await expect(loadModel(two)).rejects.toThrow(InvalidArgumentError);
  });

  it.each([
    [[], "loadModel: model is object"],
    [[1], "loadModel: model is object"],
    [42, "loadModel: model is number"],
    [undefined, "loadModel: model is undefined"],
    [(x: unknown) => x, 'loadModel: model is function, .*a function needs backend "tfjs"'],
  ])("refuses %j", async (source, message) => {
    await expect(loadModel(source as never)).rejects.toThrow(new RegExp(message));
    await expect(loadModel(source as never)).rejects.toThrow(InvalidArgumentError);
  });

  it.each([
    [{ inputShape: 3 }, "loadModel: inputShape is not an array"],
    [{ onProgress: 1 }, "loadModel: onProgress"],
    [{ speed: 1 }, "loadModel: "],
  ])("refuses the options %j", async (options, message) => {
    await expect(loadModel(expected, options as never)).rejects.toThrow(message);
  });
});

describe("inspect", () => {
  it("counts layers, parameters and multiply-adds", async () => {
    const found = await inspect(expected);
    if (!found.supported) throw new Error(found.message);
    const conv = { height: 4, width: 3, filters: 4, window: 3 * 3 * 3 };
    const size = conv.height * conv.width * conv.filters;
    expect(found.parameters).toBe(conv.window * 4 + 4 + size * 4 + 4);
    expect(found.multiplyAdds).toBe(size * conv.window + size * 4);
    expect(found.classes).toBe(4);
    expect(found.input.shape).toEqual([6, 5, 3]);
    expect(found.strippedSoftmax).toBe(true);
    expect(found.operators).toMatchObject({ Conv: 1, Gemm: 1, Relu: 1 });
    expect(found.layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0)).toBe(found.multiplyAdds);
    expect(found.layers[0]).toEqual({
      name: "conv",
      operator: "Conv",
      shape: [4, 3, 4],
      parameters: conv.window * 4 + 4,
      multiplyAdds: size * conv.window,
    });
  });

  it("lists every layer that cannot be run", async () => {
    const odd = sequential(
      [5, 3],
      [
        layers.gru({ units: 2, returnSequences: true, name: "memory" }),
        layers.gru({ units: 2, name: "again" }),
      ],
    );
    const found = await inspect(odd);
    expect(found.supported).toBe(false);
    expect(found.unsupported.map(({ layer }) => layer)).toEqual(["memory", "again"]);
    if (!found.supported) expect(found.message).toContain('layer "memory" uses GRU');
  });

  it("tells pixels that are bytes from pixels of 0 to 1", async () => {
    const rescaled = sequential([4, 4, 1], [layers.flatten(), layers.dense({ units: 2 })]);
    const bytes: NetworkSpec = {
      input: { name: "x", shape: [2] },
      nodes: [
        { op: "Constant", name: "factor", inputs: [], data: Float32Array.of(1 / 255), shape: [1] },
        { op: "Mul", name: "scores", inputs: ["x", "factor"] },
      ],
      output: "scores",
    };
    expect(await inspect(rescaled)).toMatchObject({ input: { range: [0, 1] } });
    expect(await inspect(bytes)).toMatchObject({ input: { range: [0, 255] } });
  });

  it("still rejects what is no model", () =>
    withFiles({}, async (folder) => {
      await writeFile(join(folder, "model.json"), "{");
      await expect(inspect(folder)).rejects.toThrow(ModelError);
    }));
});
