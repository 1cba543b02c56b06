import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy } from "../../src/images.js";
import {
  compile,
  deepfool,
  foolingRate,
  minimalPerturbation,
  type UniversalOptions,
  universalPerturbation,
} from "../../src/index.js";
import { buildCommandLine, type Finished, runCommandLine, runInProcess } from "./support/command_line.js";
import { CLASSES, SIDE, tinyImages, writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

const FILES = ["before-after.png", "perturbation.npy", "perturbation.png", "report.json"];
const IMAGES = 40;

let folder: string;
let cli: string;
let model: string;
let images: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "unifool-cli-"));
  model = writeTinyModel(join(folder, "model"));
  images = writeRawFolder(join(folder, "images"), IMAGES);
  cli = await buildCommandLine("test-command-line");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runInProcess(args);
const source = () => ["--model", model, "--images", images, "--backend", "reference"];
const newPath = (name: string) => join(mkdtempSync(join(folder, "out-")), name);

function jsonOf({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout);
}

/** A failure says why in one line, with the right code, and shows no stack. */
function expectFailure({ code, stdout, stderr }: Finished, expected: 1 | 2, message: RegExp): void {
  const lines = stderr
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(model|backend|images) /.test(line));
  expect({ code, lines }).toEqual({ code: expected, lines: [expect.stringMatching(message)] });
  expect(lines[0]).toMatch(/^unifool: /);
  expect(stdout).toBe("");
}

describe("craft", () => {
  it("writes perturbation, pictures and report, and says the same on stdout as JSON", async () => {
    const out = newPath("results");
    const args = ["--radius", "10/255", "--passes", "3", "--delta", "0", "--seed", "5", "--holdout", "8"];
    const report = jsonOf(await runCommandLine(cli, ["craft", ...source(), ...args, "--out", out, "--json"]));
    expect(report).toMatchObject({
      command: "craft",
      version: "0.1.0",
      method: "momentum",
      labels: "predictions on the clean images",
      clip: false,
      warnings: [],
      model,
      backend: "reference",
      threads: 1,
      norm: "inf",
      radius: 10 / 255,
      images: IMAGES - 8,
      seed: 5,
      input: { range: [0, 1], mean: 0, std: 1 },
      options: { passes: 3, delta: 0 },
      interrupted: false,
      files: ["perturbation.npy", "perturbation.png", "before-after.png", "report.json"].map((f) =>
        join(out, f),
      ),
    });
    expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8"))).toEqual(report);
    expect(readdirSync(out).sort()).toEqual(FILES);
    expect(readdirSync(join(out, ".."))).toEqual(["results"]);

    // The same numbers as the API gives.
    const engine = await compile(model, { backend: "reference" });
    const all = Float32Array.from(tinyImages(IMAGES).pixels, (v) => v / 255);
    const size = SIDE * SIDE;
    const crafting = all.slice(0, (IMAGES - 8) * size);
    const uap = await universalPerturbation(engine, crafting, {
      method: "momentum",
      radius: 10 / 255,
      passes: 3,
      delta: 0,
      seed: 5,
    });
    const v = decodeNpy(readFileSync(join(out, "perturbation.npy")));
    expect(v.shape).toEqual([SIDE, SIDE, 1]);
    expect(v.data).toEqual(uap.perturbation);
    expect(uap.foolingRate).toBeGreaterThan(0.3);
    const heldOut = all.slice((IMAGES - 8) * size);
    const found = await foolingRate(engine, heldOut, uap.perturbation, {
      levels: 256,
      baseline: { seed: 5 },
    });
    const { rate, interval, counted, rounded, baseline } = found;
    expect(report.foolingRate).toBe(uap.foolingRate);
    expect(report.holdout).toEqual({ images: 8, foolingRate: rate, counted, interval });
    expect(report).toMatchObject({
      rounded: { levels: 256, foolingRate: rounded?.rate, interval: rounded?.interval },
      baseline: { kind: "random signs", foolingRate: baseline?.rate, interval: baseline?.interval },
    });
    const passes = report.passes as { pass: number; foolingRate: number }[];
    expect(passes.map((p) => p.foolingRate)).toEqual(uap.history.map((p) => p.foolingRate));
    expect(passes.map((p) => p.pass)).toEqual([1, 2, 3]);

    // Pictures with something on them.
    for (const name of ["perturbation.png", "before-after.png"]) {
      const picture = sharp(join(out, name));
      const { width, height, format } = await picture.metadata();
      expect(format).toBe("png");
      expect(Math.min(width, height)).toBeGreaterThan(250);
      const { channels } = await picture.stats();
      expect(channels[0].stdev).toBeGreaterThan(20);
    }
  });

  it.each<[string[], UniversalOptions]>([
    [
      ["--method", "deepfool", "--classes", "3", "--delta", "0"],
      { method: "deepfool", classes: 3, delta: 0 },
    ],
    [
      ["--method", "sgd", "--target", "1", "--tile", "2", "--batch", "8", "--step-size", "0.3"],
      { method: "sgd", target: 1, tile: 2, batch: 8, stepSize: 0.3 },
    ],
    [
      ["--method", "sga", "--beta", "5", "--momentum", "0.5", "--inner-batch", "4", "--inner-passes", "2"],
      { method: "sga", beta: 5, momentum: 0.5, innerBatch: 4, innerPasses: 2 },
    ],
    [["--data-free", "--batch", "100"], { method: "momentum", dataFree: true, batch: 100 }],
    [
      ["--starts", "2", "--weighting", "near", "--shift", "1", "--flip"],
      { method: "momentum", starts: 2, weighting: "near", augment: { shift: 1, flip: true } },
    ],
    [["--no-flip"], { method: "momentum", augment: { flip: false } }],
    [["--classes", "2"], { method: "deepfool", classes: 2 }],
  ])("takes %j, and says so in the report", async (args, options) => {
    const out = newPath("methods");
    const rest = ["--passes", "2", "--radius", "0.2", "--out", out, "--json"];
    const report = jsonOf(await run("craft", ...source(), ...args, ...rest));
    const { method, ...others } = options;
    expect(report).toMatchObject({ method, options: { ...others, passes: 2 } });
    const engine = await compile(model, { backend: "reference" });
    const all = Float32Array.from(tinyImages(IMAGES).pixels, (v) => v / 255);
    const uap = await universalPerturbation(engine, all, { ...options, radius: 0.2, passes: 2 });
    expect(decodeNpy(readFileSync(join(out, "perturbation.npy"))).data).toEqual(uap.perturbation);
    expect(report.foolingRate).toBe(uap.foolingRate);
  });

  it("starts from a perturbation, keeps another set apart, and replaces what an earlier run wrote", async () => {
    const out = newPath("results");
    const again = ["--holdout", images, "--norm", "2", "--radius", "1", "--passes", "1", "--out", out];
    jsonOf(await run("craft", ...source(), ...again, "--json"));
    writeFileSync(join(out, "notes.txt"), "mine");
    const start = ["--perturbation", join(out, "perturbation.npy"), "--delta", "0.9"];
    const report = jsonOf(await run("craft", ...source(), ...again, ...start, "--force", "--json"));
    expect(report).toMatchObject({ norm: 2, radius: 1, images: IMAGES, passes: [] }); // already good enough
    expect(report.holdout).toMatchObject({ images: IMAGES, foolingRate: report.foolingRate });
    expect(readdirSync(out).sort()).toEqual([...FILES, "notes.txt"].sort());
    const v = decodeNpy(readFileSync(join(out, "perturbation.npy"))).data as Float32Array;
    const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    expect(length).toBeGreaterThan(0.01);
    expect(length).toBeLessThanOrEqual(1 + 2 ** -20);
  });

  it("prints plain lines where there is no terminal", async () => {
    const { code, stdout, stderr } = await run(
      "craft",
      ...source(),
      "--passes",
      "2",
      "--delta",
      "0",
      "--out",
      newPath("o"),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^model .*\nimages .*\npass 1 .*%.*\npass 2 .*%.*\n$/);
    expect(stdout).toMatch(
      /^One perturbation fools \d+\.\d % of 40 images\n.*\nin 8 bits \d+.* %, random .* %\nwrote .*report\.json\n$/,
    );
    expect(stdout + stderr).not.toContain("\x1b");
  });

  it("runs on the demo's model and images with nothing else given", async () => {
    const out = newPath("demo");
    const few = ["--limit", "12", "--passes", "1", "--out", out, "--json"];
    const report = jsonOf(await runCommandLine(cli, ["craft", "--demo", ...few]));
    expect(report).toMatchObject({ model: "demo", backend: "wasm", images: 12 });
    expect((report.holdout as { images: number }).images).toBeGreaterThanOrEqual(100);
    expect((report.passes as { updates: number }[])[0].updates).toBeGreaterThan(0);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  it("draws a bar on a terminal, and leaves no trace of it", async () => {
    const { code, stderr } = await runInProcess(
      ["craft", ...source(), "--passes", "2", "--out", newPath("o")],
      true,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/pass 1\/2 [━╌]+ \d+\/40/);
    const cursorShown = "\x1b[?25h";
    expect(stderr.lastIndexOf(cursorShown)).toBeGreaterThan(stderr.lastIndexOf("━"));
  });

  it("stops at Ctrl-C, keeps the best perturbation so far and says so", async () => {
    const out = newPath("results");
    // A radius so small that no pass can fool them all: without Ctrl-C this goes on for ever.
    const endless = ["--passes", "1000000000", "--delta", "0", "--radius", "0.02", "--out", out];
    let asked = false;
    const { code, stdout, stderr } = await runCommandLine(
      cli,
      ["craft", ...source(), ...endless],
      (text, kill) => {
        if (!asked && /pass 2 /.test(text)) kill("SIGINT");
        asked ||= /pass 2 /.test(text); // a second one would kill it
      },
    );
    expect({ code, tail: stderr.trimEnd().split("\n").at(-1) }).toEqual({
      code: 0,
      tail: expect.stringMatching(/^stopping/),
    });
    expect(stdout).toMatch(/fools/);
    const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
    expect(report.interrupted).toBe(true);
    expect(report.passes.length).toBeGreaterThanOrEqual(2);
    expect(report.foolingRate).toBe(
      Math.max(...report.passes.map((p: { foolingRate: number }) => p.foolingRate)),
    );
    expect(readdirSync(out).sort()).toEqual(FILES);
    const v = decodeNpy(readFileSync(join(out, "perturbation.npy"))).data as Float32Array;
    expect(v.reduce((max, x) => Math.max(max, Math.abs(x)), 0)).toBe(Math.fround(0.02));
  });
});

describe("evaluate", () => {
  it("measures what craft measured, and the accuracy where there are labels", async () => {
    const out = newPath("results");
    const crafted = jsonOf(await run("craft", ...source(), "--out", out, "--json"));
    const args = ["--perturbation", join(out, "perturbation.npy"), "--json"];
    const report = jsonOf(await run("evaluate", ...source(), ...args));
    expect(report).toMatchObject({
      command: "evaluate",
      model,
      images: IMAGES,
      foolingRate: crafted.foolingRate,
    });
    expect(report.linf).toBeCloseTo(10 / 255, 6);
    const accuracy = report.accuracy as { clean: number; perturbed: number };
    expect(accuracy.clean).toBeGreaterThan(0.8);
    expect(accuracy.perturbed).toBeLessThan(accuracy.clean);
  });

  it("finds that no perturbation fools nobody", async () => {
    const zero = newPath("zero.npy");
    writeFileSync(zero, encodeNpy(new Float32Array(SIDE * SIDE), [SIDE, SIDE, 1]));
    const report = jsonOf(
      await run("evaluate", ...source(), "--perturbation", zero, "--limit", "7", "--json"),
    );
    expect(report).toMatchObject({ images: 7, foolingRate: 0, linf: 0, l2: 0 });
  });
});

describe("deepfool", () => {
  it("refuses a perturbation of another range, where craft's report beside it says so", async () => {
    const out = newPath("bytes");
    jsonOf(await run("craft", ...source(), "--range", "0,255", "--passes", "1", "--out", out, "--json"));
    const given = ["--perturbation", join(out, "perturbation.npy")];
    const says = /crafted for images in 0\.\.255, .*, expected 0\.\.1; give --range 0,255$/;
    expectFailure(await run("evaluate", ...source(), ...given), 2, says);
    expectFailure(await run("craft", ...source(), ...given, "--out", newPath("o")), 2, says);
    jsonOf(await run("evaluate", ...source(), ...given, "--range", "0,255", "--json"));
    writeFileSync(join(out, "report.json"), "not ours");
    jsonOf(await run("evaluate", ...source(), ...given, "--json"));
  });

  it("reports means of what the API finds, and writes the perturbations if asked", async () => {
    const out = newPath("results");
    const report = jsonOf(await run("deepfool", ...source(), "--limit", "6", "--out", out, "--json"));
    const engine = await compile(model, { backend: "reference" });
    const size = SIDE * SIDE;
    const x = Float32Array.from(tinyImages(6).pixels, (v) => v / 255);
    const found = await deepfool(engine, x);
    const norm = (all: Float32Array, n: number) => Math.hypot(...all.subarray(n * size, (n + 1) * size));
    const mean = (f: (n: number) => number) => [0, 1, 2, 3, 4, 5].reduce((sum, n) => sum + f(n) / 6, 0);
    expect(report).toMatchObject({ command: "deepfool", images: 6, norm: 2, clip: false, succeeded: 6 });
    const tuned = ["--steps", "20", "--clip", "--mean", "0.1", "--std", "0.5", "--json"];
    expect(jsonOf(await run("deepfool", ...source(), "--limit", "1", ...tuned))).toMatchObject({
      clip: true,
      input: { range: [0, 1], mean: [0.1], std: [0.5] },
      options: { steps: 20 },
    });
    expect(report.meanL2).toBeCloseTo(
      mean((n) => norm(found.perturbation, n)),
      12,
    );
    expect(report.robustness).toBeCloseTo(
      mean((n) => norm(found.perturbation, n) / norm(x, n)),
      12,
    );
    expect(report.meanIterations).toBeCloseTo(
      mean((n) => found.iterations[n]),
      12,
    );
    const written = decodeNpy(readFileSync(join(out, "perturbations.npy")));
    expect(written.shape).toEqual([6, SIDE, SIDE, 1]);
    expect(written.data).toEqual(found.perturbation);
  });

  it.each(["sdf", "fmn"] as const)("--method %s finds what the API finds", async (method) => {
    const out = newPath("smaller");
    const args = ["--method", method, "--limit", "3", "--steps", "12", "--out", out, "--json"];
    const report = jsonOf(await run("deepfool", ...source(), ...args));
    const engine = await compile(model, { backend: "reference" });
    const x = Float32Array.from(tinyImages(3).pixels, (v) => v / 255);
    const bounds = [-Infinity, Infinity] as const;
    const found = await minimalPerturbation(engine, x, { method, steps: 12, bounds });
    expect(decodeNpy(readFileSync(join(out, "perturbations.npy"))).data).toEqual(found.perturbation);
    expect(report).toMatchObject({ method, succeeded: 3, stalled: 0, options: { steps: 12 }, clip: false });
    expect(report.meanGradients).toBeCloseTo(found.gradients.reduce((a, b) => a + b) / 3, 12);
    expect(report.meanAlignment).toBeCloseTo(found.alignment.reduce((a, b) => a + b) / 3, 12);
    expect("variant" in report).toBe(method === "sdf");
    expect("profile" in report).toBe(false);
  });
});

describe("--backend tfjs", () => {
  it("computes on the TensorFlow.js that is installed, and finds what the reference finds", async () => {
    const args = ["deepfool", "--model", model, "--images", images, "--limit", "4", "--json", "--backend"];
    const { code, stdout } = await runCommandLine(cli, [...args, "tfjs"]);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    const expected = jsonOf(await run(...args, "reference"));
    expect(report).toMatchObject({ backend: "tfjs", succeeded: 4 });
    expect(report.meanL2).toBeCloseTo(expected.meanL2 as number, 5);
  });
});

describe("inspect", () => {
  it("lists layers, shapes, parameters and multiply-adds", async () => {
    const report = jsonOf(await run("inspect", "--model", model, "--json"));
    const work = SIDE * SIDE * CLASSES;
    expect(report).toMatchObject({
      command: "inspect",
      supported: true,
      unsupported: [],
      input: { shape: [SIDE, SIDE, 1], range: [0, 1] },
      classes: CLASSES,
      parameters: work + CLASSES,
      multiplyAdds: work,
      operators: { Flatten: 1, Gemm: 1 },
    });
    const { code, stdout } = await run("inspect", "--model", model);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^scores +Gemm +4 +260 +256$/m);
  });

  it("says which kernels run, and on images how much of each relu is alive", async () => {
    const asked = ["inspect", "--model", model, "--images", images, "--limit", "2"];
    const report = jsonOf(await run(...asked, "--json"));
    const kernels = { wasm: { forward: [expect.any(String)] }, webgpu: { forward: [expect.any(String)] } };
    expect(report).toMatchObject({ layers: [{ name: "flatten" }, { name: "scores", kernels }] });
    const { code, stdout } = await run(...asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kernels, wasm\n +1 {2}Gemm +\w+; back \w+$/m);
    expect(stdout).toMatch(/^kernels, webgpu$/m);
    expectFailure(await run("inspect", "--model", model, "--images", "nowhere"), 1, /nowhere/);
  });

  it("takes the shape of an image and names of classes where the model has none", async () => {
    const open = writeTinyModel(newPath("open"));
    const json = readFileSync(open, "utf8");
    writeFileSync(
      open,
      json.replace('"batch_input_shape":[null,8,8,1]', '"batch_input_shape":[null,null,8,1]'),
    );
    const names = join(folder, "names.txt");
    writeFileSync(names, "one\ntwo\nthree\nfour\n");
    const asked = ["--input-shape", "8x8x1", "--classes-file", names];
    const report = jsonOf(await run("inspect", "--model", open, ...asked, "--json"));
    expect(report).toMatchObject({
      input: { shape: [8, 8, 1] },
      classNames: ["one", "two", "three", "four"],
    });
    expectFailure(await run("inspect", "--model", open), 1, /pass inputShape, .*--input-shape 224,224,3/);
  });

  it("takes any layer as the output", async () => {
    const report = jsonOf(await run("inspect", "--model", model, "--output", "flatten", "--json"));
    expect(report).toMatchObject({ classes: 64, operators: { Flatten: 1 } });
    expectFailure(
      await run("inspect", "--model", model, "--output", "head"),
      1,
      /output is "head", which is no/,
    );
  });

  it("reads the names that an export of Teachable Machine has beside the model", async () => {
    const path = writeTinyModel(newPath("teachable"));
    const labels = ["a", "b", "c", "d"];
    writeFileSync(join(path, "..", "metadata.json"), JSON.stringify({ tfjsVersion: "1.3.1", labels }));
    expect(jsonOf(await run("inspect", "--model", path, "--json"))).toMatchObject({ classNames: labels });
    writeFileSync(join(path, "..", "metadata.json"), "{ not a list of names");
    const damaged = "metadata.json beside the model is left out: it is not JSON";
    const report = jsonOf(await run("inspect", "--model", path, "--json"));
    expect(report).toMatchObject({ classNames: null, warnings: [damaged] });
    expect((await run("inspect", "--model", path)).stdout).toContain(`warning          ${damaged}\n`);
  });

  it("names what it cannot run", async () => {
    const odd = writeTinyModel(newPath("odd"));
    writeFileSync(odd, readFileSync(odd, "utf8").replace('"Dense"', '"Capsule"'));
    const report = jsonOf(await run("inspect", "--model", odd, "--json"));
    expect(report).toMatchObject({
      supported: false,
      unsupported: [{ layer: "scores", operator: "Capsule" }],
    });
  });
});

describe("bad usage: exit code 2", () => {
  it.each([
    [["frobnicate"], /unknown command 'frobnicate'/],
    [["craft", "--frobnicate"], /unknown option '--frobnicate'/],
    [["craft"], /--model is missing/],
    [["craft", "--model", "m"], /--images is missing/],
    [["craft", "--model"], /argument missing/],
    [["craft", "--demo", "--model", "m"], /--demo brings its own model/],
    [["craft", "--radius", "0"], /--radius is 0, expected a number greater than 0/],
    [["craft", "--radius", "-1/255"], /--radius is -1\/255/],
    [["craft", "--classes", "0"], /--classes is 0/],
    [["craft", "--delta", "1"], /--delta is 1/],
    [["craft", "--norm", "1"], /--norm is "1", expected 2 or inf/],
    [["craft", "--range", "1,0"], /--range is "1,0"/],
    [["craft", "--profile", "fast"], /--profile is "fast"/],
    [["craft", "--backend", "abacus"], /--backend is "abacus"/],
    [["craft", "--weights", "float8"], /--weights is "float8", expected one of float32, float16/],
    [["craft", "--limit", "1.5"], /--limit is 1.5/],
    [["deepfool", "--steps", "0"], /--steps is 0/],
    [["deepfool", "--method", "sgd"], /--method is "sgd", expected one of deepfool, sdf, fmn/],
    [
      ["deepfool", "--method", "sdf", "--profile", "paper"],
      /--profile is given with --method sdf, expected --method deepfool$/,
    ],
    [["evaluate", "--demo"], /--perturbation is missing/],
  ])("%j", async (args, message) => {
    expectFailure(await run(...args), 2, message);
  });

  it("option values that do not fit the model", async () => {
    expectFailure(await run("craft", ...source(), "--mean", "1,2,3"), 2, /input\.mean is \[1,2,3\]/);
    expectFailure(await run("craft", ...source(), "--holdout", String(IMAGES)), 2, /leaves none to craft on/);
    expectFailure(
      await run("craft", ...source(), "--method", "momentum", "--classes", "3", "--out", newPath("o")),
      2,
      /classes is given with method "momentum", expected method "deepfool"$/,
    );
    expectFailure(
      await run("deepfool", ...source(), "--method", "fmn", "--classes", "3"),
      2,
      /classes is given with method "fmn", expected method "sdf" or "deepfool"$/,
    );
    expectFailure(
      await run("craft", ...source(), "--weights", "float16"),
      2,
      /weights is "float16" with backend "reference", expected backend "webgpu"/,
    );
  });

  it("is what the process exits with", async () => {
    expectFailure(await runCommandLine(cli, ["craft", "--radius", "0"]), 2, /--radius is 0/);
  });

  it("no command at all prints the help", async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Usage: unifool/);
  });
});

describe("failures: exit code 1, nothing written", () => {
  /** Breaks a copy of the tiny model or images, runs craft on it, and looks for leftovers. */
  async function craftBroken(message: RegExp, edit: (paths: { model: string; images: string }) => void) {
    const parent = mkdtempSync(join(folder, "broken-"));
    const paths = {
      model: writeTinyModel(join(parent, "model")),
      images: writeRawFolder(join(parent, "images"), 4),
    };
    edit(paths);
    const args = ["--model", paths.model, "--images", paths.images, "--backend", "reference"];
    expectFailure(await run("craft", ...args, "--out", join(parent, "out")), 1, message);
    expect(readdirSync(parent).filter((name) => name !== "images")).toEqual(["model"]);
  }
  const editModel = (path: string, from: string | RegExp, to: string) =>
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));

  it("a model that is not there", () => craftBroken(/model\.json/, ({ model }) => rmSync(model)));
  it("a weights file cut short", () =>
    craftBroken(/weights\.bin/, ({ model }) =>
      writeFileSync(model.replace("model.json", "weights.bin"), "short"),
    ));
  it("a manifest path that leaves its folder", () =>
    craftBroken(/\.\.\/weights\.bin/, ({ model }) => editModel(model, '"weights.bin"', '"../weights.bin"')));
  it("a model with two outputs", () =>
    craftBroken(/2 outputs/, ({ model }) => {
      const json = JSON.parse(readFileSync(model, "utf8"));
      const input = {
        class_name: "InputLayer",
        name: "image",
        config: { name: "image", batch_input_shape: [null, SIDE, SIDE, 1], dtype: "float32" },
        inbound_nodes: [],
      };
      const flatten = {
        class_name: "Flatten",
        name: "f",
        config: { name: "f" },
        inbound_nodes: [[["image", 0, 0, {}]]],
      };
      const dense = (name: string) => ({
        class_name: "Dense",
        name,
        config: { name, units: CLASSES, activation: "linear" },
        inbound_nodes: [[["f", 0, 0, {}]]],
      });
      json.modelTopology.model_config = {
        class_name: "Functional",
        config: {
          name: "two",
          layers: [input, flatten, dense("a"), dense("b")],
          input_layers: [["image", 0, 0]],
          output_layers: [
            ["a", 0, 0],
            ["b", 0, 0],
          ],
        },
      };
      writeFileSync(model, JSON.stringify(json));
    }));
  it("images that are not there", () =>
    craftBroken(/images: no such file or folder/, ({ images }) => rmSync(images, { recursive: true })));
  it.each([
    ["craft", "--images"],
    ["craft", "--perturbation"],
    ["craft", "--holdout"],
    ["evaluate", "--perturbation"],
    ["deepfool", "--images"],
  ])("%s with a %s that is not there, before the model is read", async (command, option) => {
    const args = [command, "--model", "missing.json", "--images", images, option, "nowhere.npy"];
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "unifool: nowhere.npy: no such file or folder\n" });
  });
  it("an empty set", () =>
    craftBroken(/holds no images/, ({ images }) => {
      writeFileSync(join(images, "images.bin"), "");
      writeFileSync(join(images, "labels.bin"), "");
      writeFileSync(join(images, "meta.json"), '{"shape": [0, 8, 8, 1]}');
    }));
  it("images of another shape", () =>
    craftBroken(/4x8x8x1|16x4x1/, ({ images }) =>
      writeFileSync(join(images, "meta.json"), '{"shape": [4, 16, 4, 1]}'),
    ));
  it("a perturbation of another shape", async () => {
    const path = newPath("v.npy");
    writeFileSync(path, encodeNpy(new Float32Array(3), [1, 1, 3]));
    expectFailure(
      await run("evaluate", ...source(), "--perturbation", path),
      1,
      /shape 1x1x3, expected 8x8x1/,
    );
  });
  it("images that hold NaN", async () => {
    const path = newPath("x.npy");
    writeFileSync(path, encodeNpy(new Float32Array(64).fill(NaN), [1, 8, 8, 1]));
    expectFailure(await run("deepfool", ...source().slice(0, 2), "--images", path), 1, /image 0 holds NaN/);
  });

  it("an --out that is a file, before any work", async () => {
    const path = newPath("file");
    writeFileSync(path, "mine");
    expectFailure(await run("craft", ...source(), "--out", path), 1, /is a file, expected a folder/);
    expectFailure(await run("craft", ...source(), "--out", join(path, "deep")), 1, /a file is in the way/);
    expect(readFileSync(path, "utf8")).toBe("mine");
  });

  it.skipIf(process.platform !== "linux")("an --out where nothing can be made, before any work", async () => {
    // Not a folder without permission, because tests may run as root, who has it.
    const { code, stdout, stderr } = await run("craft", ...source(), "--out", "/proc/deep/results");
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "unifool: --out /proc/deep/results: cannot write in /proc\n",
    });
  });

  it("leaves an earlier result alone", async () => {
    const out = newPath("results");
    jsonOf(await run("craft", ...source(), "--out", out, "--json"));
    const before = FILES.map((name) => readFileSync(join(out, name)));
    rmSync(join(out, "before-after.png"));
    mkdirSync(join(out, "before-after.png")); // a folder in the way of one file
    const { code } = await run("craft", ...source(), "--seed", "1", "--out", out, "--force");
    expect(code).toBe(1);
    expect(existsSync(join(out, "report.json"))).toBe(true);
    expect(readFileSync(join(out, "report.json"))).toEqual(before[3]);
    expect(readFileSync(join(out, "perturbation.npy"))).toEqual(before[1]);
  });

  it("is one JSON object with --json", async () => {
    const args = ["inspect", "--model", join(folder, "nowhere.json"), "--json"];
    const { code, stdout, stderr } = await runCommandLine(cli, args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ command: "inspect", error: expect.stringMatching(/nowhere\.json/) });
    expect(stderr).toBe(`unifool: ${JSON.parse(stdout).error}\n`);
  });
});

it("prints version and help on stdout", async () => {
  expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await run("craft", "--help");
  expect(help.code).toBe(0);
  for (const option of ["--radius", "--holdout", "--json", "--clip"]) expect(help.stdout).toContain(option);
});
