import { mkdir, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidArgumentError, ModelError } from "../../src/errors.js";
import { manifestSegments } from "../../src/network/import/manifest_path.js";
import { openModel } from "../../src/network/import/open_model.js";
import { besideUrl } from "../../src/network/import/source/web.js";
import type { Gemm, NetworkSpec, NodeSpec } from "../../src/network/spec.js";
import { randomValues } from "../support/random_values.js";
import {
  expectSamePredictions,
  type SavedModel,
  type SavedWeight,
  savedModel,
  sequential,
  tf,
  withFiles,
  withSaved,
} from "./layers_model_fixtures.js";

const { layers } = tf;

const model = sequential([6], [layers.dense({ units: 5, name: "a" }), layers.dense({ units: 3, name: "b" })]);
let saved: SavedModel;
beforeAll(async () => {
  saved = await savedModel(model);
});
const copy = (): SavedModel => structuredClone(saved);

/** The message of the ModelError that loading must end in: one line. */
async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error = await loading.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ModelError);
  const { message } = error as ModelError;
  expect(message).not.toContain("\n");
  return message;
}

const load = (broken: SavedModel) => withSaved(broken, (path) => openModel(path));

describe("places", () => {
  it("a path, a relative path, a file URL as string and as URL", () =>
    withSaved(saved, async (path) => {
      const spec = await openModel(path);
      await expectSamePredictions(spec, model);
      for (const source of [
        pathToFileURL(path),
        pathToFileURL(path).href,
        join(path, "../../", path.split("/").at(-2)!, "model.json"),
      ])
        expect(await openModel(source)).toEqual(spec);
    }));
  for (const source of ["localstorage://model", "ftp://host/model.json", new URL("data:text/plain,x")])
    it(`refuses ${source}`, async () => {
      await expect(openModel(source)).rejects.toThrow(InvalidArgumentError);
    });
  it("a missing file", () =>
    withSaved(saved, async (path) => {
      expect(await messageOf(openModel(`${path}x`))).toMatch(/model\.jsonx: the file does not exist/);
    }));
  it("a folder that holds a model.json", () =>
    withSaved(saved, async (path) => {
      await expectSamePredictions(await openModel(join(path, "..")), model);
    }));
  it("a folder that holds no model", () =>
    withFiles({ "weights.bin": "" }, async (folder) => {
      expect(await messageOf(openModel(folder))).toMatch(
        /the folder holds no model\.json and no model\.onnx/,
      );
    }));
});

describe("what is not a LayersModel", () => {
  const text = (content: string) =>
    withFiles({ "model.json": content }, (folder) => messageOf(openModel(join(folder, "model.json"))));
  it("not JSON", async () => {
    expect(await text("weights")).toMatch(/model\.json: it is not JSON, expected the model\.json/);
    expect(await text('{"modelTopology": ')).toMatch(/model\.json: it is not JSON/);
    expect(await text("")).toMatch(/it is empty, expected the model\.json/);
    expect(await text("<!doctype html>")).toMatch(/model\.json: it is a web page, not a model/);
  });
  it.each([
    ["net.onnx", /net\.onnx: it has no graph: it is not an ONNX file, or a damaged one/],
    ["net.h5", /net\.h5: it is a Keras file, which tensorflowjs_converter --input_format=keras makes/],
    ["net.bin", /net\.bin: it is a weights file, expected the model\.json/],
  ])("%s", async (name, message) => {
    const load = (folder: string) => messageOf(openModel(join(folder, name)));
    expect(await withFiles({ [name]: "\x08\x07" }, load)).toMatch(message);
  });
  it("other JSON", async () => {
    expect(await text("[1, 2]")).toMatch(/not a JSON object/);
    expect(await text('{"modelTopology": 3, "weightsManifest": []}')).toMatch(/no modelTopology/);
    expect(await text("{}")).toMatch(/no modelTopology/);
    expect(await text('{"modelTopology": {"class_name": "Dense"}}')).toMatch(/class_name "Dense"/);
  });
  it("a GraphModel", async () => {
    expect(await text('{"format": "graph-model", "modelTopology": {}}')).toMatch(
      /no list of nodes, expected that of a tfjs GraphModel/,
    );
    const graph = { modelTopology: { node: [], library: {} }, weightsManifest: [] };
    expect(await text(JSON.stringify(graph))).toMatch(/it has no outputs/);
  });
  it("no weights", async () => {
    const { modelTopology } = saved.json;
    expect(await text(JSON.stringify({ modelTopology }))).toMatch(/no weightsManifest/);
  });
});

describe("weights files", () => {
  it("in several groups and shards, split anywhere", async () => {
    const { json, bytes } = copy();
    const entries = json.weightsManifest[0].weights;
    const first = 4 * (entries[0].shape[0] * entries[0].shape[1] + entries[1].shape[0]);
    json.weightsManifest = [
      { paths: ["g1-1", "deep/g1-2", "./g1-3"], weights: entries.slice(0, 2) },
      { paths: ["g2"], weights: entries.slice(2) },
    ];
    const files = {
      "model.json": JSON.stringify(json),
      "g1-1": bytes.slice(0, 7),
      "deep/g1-2": bytes.slice(7, 50),
      "g1-3": bytes.slice(50, first),
      g2: bytes.slice(first),
    };
    const spec = await withFiles(files, (folder) => openModel(join(folder, "model.json")));
    await expectSamePredictions(spec, model);
  });

  it("cut short, too long, missing, a folder", async () => {
    const { json, bytes } = saved;
    const size = bytes.length;
    expect(await messageOf(load({ json, bytes: bytes.slice(1) }))).toMatch(
      new RegExp(
        `model\\.json: weights file "weights\\.bin" holds ${size - 1} bytes, the manifest declares ${size}$`,
      ),
    );
    expect(await messageOf(load({ json, bytes: new Uint8Array([...bytes, 0]) }))).toMatch(
      new RegExp(`holds ${size + 1} bytes, the manifest declares ${size}$`),
    );
    const only = { "model.json": JSON.stringify(json) };
    await withFiles(only, async (folder) => {
      const path = join(folder, "model.json");
      expect(await messageOf(openModel(path))).toMatch(/weights file "weights\.bin" does not exist/);
      await mkdir(join(folder, "weights.bin"));
      expect(await messageOf(openModel(path))).toMatch(/weights file "weights\.bin" is not a file/);
    });
  });

  it("declared absurdly large: refused by the file's size, nothing reserved", async () => {
    for (const shape of [[2 ** 31], [2 ** 20, 2 ** 20], [2 ** 52, 2 ** 52], [1e5, 2000]]) {
      const broken = copy();
      broken.json.weightsManifest[0].weights[0].shape = shape;
      const before = process.memoryUsage().arrayBuffers;
      expect(await messageOf(load(broken))).toMatch(/declares \d/);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
    }
  });

  it("with values that are not finite", async () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const broken = copy();
      new DataView(broken.bytes.buffer).setFloat32(8, value, true);
      expect(await messageOf(load(broken))).toMatch(/model\.json: weight "a\/kernel" \(6x5\) is -?\w+ at 2/);
    }
  });

  it("can be stopped", () =>
    withSaved(saved, async (path) => {
      const reason = new Error("enough");
      await expect(openModel(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    }));
});

describe("malformed manifests", () => {
  const entry = async (change: object) => {
    const broken = copy();
    Object.assign(broken.json.weightsManifest[0].weights[0], change);
    return messageOf(load(broken));
  };
  it("entries", async () => {
    expect(await entry({ name: 3 })).toMatch(/has no name/);
    expect(await entry({ shape: [6, -5] })).toMatch(/weight "a\/kernel": shape is \[6,-5\]/);
    expect(await entry({ shape: [6.5, 5] })).toMatch(/shape is \[6\.5,5\]/);
    expect(await entry({ shape: "6x5" })).toMatch(/shape is "6x5"/);
    expect(await entry({ dtype: "string" })).toMatch(/dtype is "string", expected float32/);
    expect(await entry({ dtype: "__proto__" })).toMatch(/dtype is "__proto__"/);
    expect(await entry({ quantization: { dtype: "uint4", scale: 1, min: 0 } })).toMatch(
      /quantization\.dtype is "uint4"/,
    );
    expect(await entry({ quantization: { dtype: "uint8" } })).toMatch(/no scale or no min/);
    expect(await entry({ dtype: "bool", quantization: { dtype: "uint8", scale: 1, min: 0 } })).toMatch(
      /"bool"/,
    );
  });
  it("groups", async () => {
    for (const weightsManifest of [
      3,
      [null],
      [{ paths: [] }],
      [{ weights: [] }],
      [{ paths: [4], weights: [] }],
    ])
      await messageOf(
        load({ ...saved, json: { ...saved.json, weightsManifest } as unknown as SavedModel["json"] }),
      );
    const twice = copy();
    twice.json.weightsManifest[0].paths.push("./weights.bin");
    expect(await messageOf(load(twice))).toMatch(/lists the file "weights\.bin" twice/);
  });
});

describe("paths that leave the folder", () => {
  const paths = [
    "../weights.bin",
    "a/../../weights.bin",
    "/etc/passwd",
    "//host/weights.bin",
    "..\\weights.bin",
    "\\\\host\\share",
    "C:\\weights.bin",
    "C:/weights.bin",
    "file:///etc/passwd",
    "https://host/weights.bin",
    "data:application/octet-stream;base64,AAAA",
    "%2e%2e/weights.bin",
    "%2E%2e%2Fweights.bin",
    "%252e%252e/weights.bin",
    "..%5cweights.bin",
    "%2fetc/passwd",
    "..",
  ];
  for (const path of paths)
    it(path, async () => {
      const broken = copy();
      broken.json.weightsManifest[0].paths = [path];
      expect(await messageOf(load(broken))).toMatch(/model\.json: manifest path ".*" leaves its folder/);
    });

  it("through a symbolic link", () =>
    withFiles(
      { "model/model.json": JSON.stringify(saved.json), "secret.bin": saved.bytes },
      async (folder) => {
        await symlink(join(folder, "secret.bin"), join(folder, "model/weights.bin"));
        expect(await messageOf(openModel(join(folder, "model/model.json")))).toMatch(
          /the path "weights\.bin" leaves its folder \(a symbolic link\)/,
        );
      },
    ));
  it("but a link within the folder, or to the folder, is fine", () =>
    withFiles(
      { "model/model.json": JSON.stringify(saved.json), "model/real.bin": saved.bytes },
      async (folder) => {
        await symlink("real.bin", join(folder, "model/weights.bin"));
        await symlink(join(folder, "model"), join(folder, "link"));
        await expectSamePredictions(await openModel(join(folder, "link/model.json")), model);
      },
    ));
  it("and control characters or nothing at all", () => {
    for (const path of ["a\nb", "a%00b", "", ".", "./", 5, null])
      expect(() => manifestSegments(path, "model.json")).toThrow(ModelError);
  });
  it("any path that is let through stays below its folder, on disk and as URL", () => {
    const piece = fc.constantFrom(
      "..",
      ".",
      "a",
      "/",
      "\\",
      "%2e",
      "%2F",
      "%5c",
      "%25",
      "http:",
      ":",
      "?",
      "#",
      " ",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        let segments: string[];
        try {
          segments = manifestSegments(pieces.join(""), "model.json");
        } catch {
          return;
        }
        expect(join("/root/models", ...segments).startsWith("/root/models/")).toBe(true);
        const url = besideUrl(new URL("http://host/models/x.json?key=1"), segments);
        expect(url.href).toMatch(/^http:\/\/host\/models\/[^?#]*\?key=1$/);
      }),
    );
  });
});

describe("stored types", () => {
  const gemmOf = (spec: NetworkSpec) => spec.nodes[0] as NodeSpec<Gemm>;
  /** A dense layer of 4 x 1 whose kernel is stored as given. */
  const stored = async (entry: Partial<SavedWeight>, bytes: Uint8Array): Promise<number[]> => {
    const one = sequential([4], [layers.dense({ units: 1, useBias: false, name: "d" })]);
    const { json } = await savedModel(one);
    Object.assign(json.weightsManifest[0].weights[0], entry);
    return [...gemmOf(await load({ json, bytes })).weights];
  };
  const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);

  it("int32, uint8, bool", async () => {
    expect(await stored({ dtype: "int32" }, bytesOf(Int32Array.of(-1, 2, 300000, 0)))).toEqual([
      -1, 2, 300000, 0,
    ]);
    expect(await stored({ dtype: "uint8" }, Uint8Array.of(1, 2, 255, 0))).toEqual([1, 2, 255, 0]);
    expect(await stored({ dtype: "bool" }, Uint8Array.of(1, 0, 1, 0))).toEqual([1, 0, 1, 0]);
  });
  it("quantised to uint8 and uint16", async () => {
    const scale = 0.013;
    const min = -1.25;
    const expected = (values: number[]) => [...Float32Array.from(values, (v) => v * scale + min)];
    expect(
      await stored({ quantization: { dtype: "uint8", scale, min } }, Uint8Array.of(0, 7, 128, 255)),
    ).toEqual(expected([0, 7, 128, 255]));
    const values = Uint16Array.of(0, 700, 32768, 65535);
    expect(
      await stored(
        { quantization: { dtype: "uint16", scale, min, original_dtype: "float32" } },
        bytesOf(values),
      ),
    ).toEqual(expected([...values]));
    expect(
      await stored(
        { dtype: "int32", quantization: { dtype: "uint8", scale: 1.4, min: 0 } },
        Uint8Array.of(0, 1, 2, 3),
      ),
    ).toEqual([0, 1, 3, 4]);
  });
  it("quantised to float16, subnormals and the largest included", async () => {
    const bits = Uint16Array.of(0x3c00, 0xc580, 0x0001, 0x7bff);
    const expected = [1, -5.5, 2 ** -24, 65504];
    expect(await stored({ quantization: { dtype: "float16" } }, bytesOf(bits))).toEqual(expected);
    await expect(stored({ quantization: { dtype: "float16" } }, bytesOf(bits.fill(0x7c00)))).rejects.toThrow(
      /Infinity/,
    );
  });
  it("of any width in a row, so that floats start at odd bytes, with optimizer state between", async () => {
    const random = randomValues(3);
    const kernel = Uint8Array.from({ length: 30 }, () => random.integer(0, 255));
    const rest = saved.bytes.slice(4 * 30);
    const broken = copy();
    const { weights } = broken.json.weightsManifest[0];
    weights[0].quantization = { dtype: "uint8", scale: 0.01, min: -1 };
    weights.splice(1, 0, { name: "Adam/iter", shape: [3], dtype: "uint8", group: "optimizer" });
    broken.bytes = Uint8Array.from([...kernel, 9, 9, 9, ...rest]);
    const values = tf.tensor(
      Float32Array.from(kernel, (v) => v * 0.01 - 1),
      [6, 5],
    );
    const same = sequential(
      [6],
      [layers.dense({ units: 5, name: "a" }), layers.dense({ units: 3, name: "b" })],
    );
    same.setWeights([values, ...model.getWeights().slice(1)]);
    await expectSamePredictions(await load(broken), same);
  });
});

describe("over HTTP", () => {
  let server: Server;
  let base: string;
  const requests: string[] = [];
  const files = new Map<string, string | Uint8Array>();
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, search } = new URL(request.url!, "http://host");
      requests.push(pathname + search);
      const content = files.get(decodeURIComponent(pathname));
      if (content === undefined) response.writeHead(404);
      if (pathname.endsWith("broken.bin")) {
        response.writeHead(200, { "content-length": 100 });
        response.write("{}", () => response.destroy());
      } else if (pathname.endsWith("endless.bin")) {
        // Sends until the client hangs up.
        const send = () =>
          !response.destroyed && response.write(new Uint8Array(65536), () => setImmediate(send));
        send();
      } else response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    files.set("/m/model.json", JSON.stringify(saved.json));
    files.set("/m/weights.bin", saved.bytes);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  /** Serves the model with another manifest path, beside `model.json` of its own. */
  const serveWith = (name: string, paths: string[]): string => {
    const { json } = copy();
    json.weightsManifest[0].paths = paths;
    files.set(`/m/${name}`, JSON.stringify(json));
    return `${base}/m/${name}`;
  };

  it("as string and as URL, query kept for the weights", async () => {
    await expectSamePredictions(await openModel(`${base}/m/model.json?token=1`), model);
    expect(requests).toContain("/m/weights.bin?token=1");
    await expectSamePredictions(await openModel(new URL(`${base}/m/model.json`)), model);
  });
  it("relative to the page where there is no disk", async () => {
    const { getBuiltinModule } = process;
    Object.assign(process, { getBuiltinModule: undefined });
    Object.assign(globalThis, { location: { href: `${base}/m/page.html` } });
    try {
      await expectSamePredictions(await openModel("model.json"), model);
      await expectSamePredictions(await openModel("../m/model.json"), model);
      await expect(openModel("file:///model.json")).rejects.toThrow(InvalidArgumentError);
    } finally {
      Object.assign(process, { getBuiltinModule });
      Reflect.deleteProperty(globalThis, "location");
    }
  });
  it("with names that need escaping, escaped already or not", async () => {
    files.set("/m/my weights#1?.bin", saved.bytes);
    await expectSamePredictions(await openModel(serveWith("a.json", ["my weights#1?.bin"])), model);
    await expectSamePredictions(await openModel(serveWith("b.json", ["my%20weights%231%3F.bin"])), model);
  });
  it("missing files, and no server", async () => {
    expect(await messageOf(openModel(`${base}/none.json`))).toMatch(/none\.json: the file .* \(HTTP 404\)/);
    expect(await messageOf(openModel(serveWith("c.json", ["none.bin"])))).toMatch(
      /c\.json: weights file "none\.bin" cannot be fetched \(HTTP 404\)/,
    );
    expect(await messageOf(openModel("http://127.0.0.1:1/model.json"))).toMatch(/cannot be fetched/);
  });
  it("cut short, and without end", async () => {
    files.set("/m/short.bin", saved.bytes.slice(3));
    expect(await messageOf(openModel(serveWith("d.json", ["short.bin"])))).toMatch(
      /holds \d+ bytes, the manifest/,
    );
    files.set("/m/endless.bin", "");
    expect(await messageOf(openModel(serveWith("e.json", ["endless.bin"])))).toMatch(
      /holds more than \d+ bytes/,
    );
  });
  it("a connection that breaks off", async () => {
    files.set("/m/broken.bin", "");
    expect(await messageOf(openModel(serveWith("h.json", ["broken.bin"])))).toMatch(
      /h\.json: weights file "broken\.bin" cannot be fetched/,
    );
    expect(await messageOf(openModel(`${base}/m/broken.bin`))).toMatch(/the file cannot be fetched/);
  });
  it("paths that leave the folder are not asked for", async () => {
    files.set("/secret.bin", saved.bytes);
    for (const path of ["../secret.bin", "%2e%2e/secret.bin", `${base}/secret.bin`, "/secret.bin"])
      expect(await messageOf(openModel(serveWith("f.json", [path])))).toMatch(/leaves its folder/);
    expect(requests.some((path) => path.includes("secret"))).toBe(false);
  });
  it("can be stopped", async () => {
    files.set("/m/half.bin", saved.bytes.slice(0, 8));
    files.set("/m/rest.bin", saved.bytes.slice(8));
    const controller = new AbortController();
    const reason = new Error("enough");
    const loading = openModel(serveWith("g.json", ["half.bin", "rest.bin"]), {
      signal: controller.signal,
      tell: (stage, _, total) => stage === "read" && total && controller.abort(reason),
    });
    await expect(loading).rejects.toBe(reason);
    expect(requests).not.toContain("/m/rest.bin");
  });
  it("credentials and signatures stay out of messages", async () => {
    const url = new URL(`${base}/none.json?signature=hidden`);
    expect(await messageOf(openModel(url))).not.toContain("hidden");
  });
});
