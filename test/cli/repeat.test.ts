import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runInProcess } from "./support/command_line.js";
import { writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

let folder: string;
let model: string;
let images: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-repeat-"));
  model = writeTinyModel(join(folder, "model"));
  images = writeRawFolder(join(folder, "images"), 20);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = (name: string) => join(mkdtempSync(join(folder, "of-")), name);
const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
async function craft(...args: string[]) {
  const { code, stdout } = await runInProcess(["craft", ...args, "--json"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\{/) });
  return JSON.parse(stdout);
}

describe("report.json", () => {
  it("tells where a run was and of what model", async () => {
    const before = Date.now();
    const out = newPath("out");
    const here = relative(process.cwd(), images);
    const report = await craft(
      "--model",
      model,
      "--images",
      here,
      "--backend",
      "reference",
      "--passes",
      "1",
      "--out",
      out,
    );
    const weights = join(model, "..", "weights.bin");
    expect(report.run).toEqual({
      unifool: report.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      date: expect.any(String),
      cwd: process.cwd(),
      images: [resolve(images)],
      modelFiles: [model, weights].map((path) => ({ path: resolve(path), sha256: hash(path) })),
    });
    const date = Date.parse(report.run.date);
    expect(date).toBeGreaterThanOrEqual(before);
    expect(date).toBeLessThanOrEqual(Date.now());
    expect(report.repeat).toMatchObject({
      images: [resolve(images)],
      method: "momentum",
      norm: "inf",
      backend: "reference",
      seed: 0,
    });
    expect(report.repeat).not.toHaveProperty("out");
    for (const command of ["deepfool", "evaluate", "apply"]) {
      const more = command === "deepfool" ? [] : ["--perturbation", join(out, "perturbation.npy")];
      const to = command === "apply" ? ["--out", newPath("o")] : [];
      const args = ["--model", model, "--images", images, "--backend", "reference", ...more, ...to, "--json"];
      const { run } = JSON.parse((await runInProcess([command, ...args])).stdout);
      expect(run).toEqual({ ...report.run, date: expect.any(String) });
    }
  });
});

describe("craft --repeat", () => {
  it.each([
    ["--norm", "inf", "--radius", "10/255", "--holdout", "5", "--seed", "3"],
    [
      "--norm",
      "2",
      "--starts",
      "2",
      "--limit",
      "12",
      "--flip",
      "--range",
      "0,255",
      "--mean",
      "0.5",
      "--clip",
    ],
  ])("makes the same v from any folder: %s %s %s %s", async (...args) => {
    const out = newPath("out");
    const here = relative(process.cwd(), model);
    const first = await craft(
      "--model",
      here,
      "--images",
      images,
      "--backend",
      "wasm",
      "--passes",
      "2",
      ...args,
      "--out",
      out,
    );
    const cwd = process.cwd();
    onTestFinished(() => process.chdir(cwd));
    process.chdir(folder);
    const again = newPath("again");
    const second = await craft("--repeat", join(out, "report.json"), "--out", again);
    expect(readFileSync(join(again, "perturbation.npy"))).toEqual(
      readFileSync(join(out, "perturbation.npy")),
    );
    const same = [
      "foolingRate",
      "norm",
      "radius",
      "seed",
      "method",
      "holdout",
      "options",
      "input",
      "clip",
      "warnings",
      "images",
    ];
    for (const key of same) expect(second[key]).toEqual(first[key]);
    expect(second.repeat).toMatchObject({ ...first.repeat, model: first.run.modelFiles[0].path });

    const other = await craft("--repeat", join(out, "report.json"), "--seed", "9", "--out", newPath("o"));
    expect(other).toMatchObject({ seed: 9, norm: first.norm });
  });

  it("says what is not as it was", async () => {
    const own = writeTinyModel(newPath("model"));
    const out = newPath("out");
    await craft("--model", own, "--images", images, "--backend", "reference", "--passes", "1", "--out", out);
    appendFileSync(own, " ");
    const path = join(out, "report.json");
    const report = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(
      path,
      JSON.stringify({ ...report, variant: "relaxed", run: { ...report.run, unifool: "0.0.1" } }),
    );
    const { warnings } = await craft("--repeat", path, "--out", newPath("o"));
    expect(warnings).toEqual([
      `the report is of unifool 0.0.1, this is ${report.version}`,
      "the report is of relaxed kernels, these are none: bits may differ (--deterministic: not)",
      `${resolve(own)} is not what it was`,
    ]);
  });

  it.each(["not JSON", "null", '{"command": "deepfool"}', '{"command": "craft"}'])(
    "refuses %s",
    async (text) => {
      const path = newPath("report.json");
      writeFileSync(path, text);
      const { code, stderr } = await runInProcess(["craft", "--repeat", path]);
      expect(code).toBe(2);
      expect(stderr).toBe(
        `unifool: --repeat ${path} is no report of unifool craft, expected a report.json that it wrote\n`,
      );
    },
  );
});
