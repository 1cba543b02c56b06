import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile, deepfool } from "../../src/index.js";
import { readImages } from "../../src/node.js";
import { runInProcess } from "./support/command_line.js";
import { SIDE, tinyImages, writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

const COUNT = 6;
let folder: string;
let model: string;
let images: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-deepfool-"));
  model = writeTinyModel(join(folder, "model"));
  images = writeRawFolder(join(folder, "images"), COUNT);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = (name: string) => join(mkdtempSync(join(folder, "of-")), name);
const run = (...args: string[]) =>
  runInProcess(["deepfool", "--model", model, "--images", images, "--backend", "reference", ...args]);

describe("unifool deepfool, image by image", () => {
  it.each(["2", "inf"])("tells file, classes, norm l%s and success in JSON and in a table", async (norm) => {
    const engine = await compile(model, { backend: "reference" });
    const x = Float32Array.from(tinyImages(COUNT).pixels, (v) => v / 255);
    const p = norm === "2" ? 2 : Infinity;
    const found = await deepfool(engine, x, { norm: p });
    const { code, stdout } = await run("--norm", norm, "--json");
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout);
    const names = ["north-west", "north-east", "south-west", "south-east"];
    const size = SIDE * SIDE;
    const norms = Array.from({ length: COUNT }, (_, n) => {
      const r = [...found.perturbation.subarray(n * size, (n + 1) * size)];
      return p === 2 ? Math.hypot(...r) : Math.max(...r.map(Math.abs));
    });
    expect(results).toEqual(
      norms.map((length, n) => ({
        file: `image ${n}`,
        before: { class: found.labels[n], name: names[found.labels[n]] },
        after: { class: found.newLabels[n], name: names[found.newLabels[n]] },
        norm: expect.closeTo(length, 12),
        iterations: found.iterations[n],
        succeeded: true,
      })),
    );
    const text = await run("--norm", norm);
    const rows = text.stdout.split("\n").slice(0, COUNT + 1);
    expect(rows[0]).toMatch(norm === "2" ? /^image +before +after +l2 +fooled$/ : /after +linf +fooled$/);
    rows.slice(1).forEach((row, n) => {
      const { before, after } = results[n];
      const shown = Number(norms[n].toPrecision(4));
      expect(row.split(/ {2,}/)).toEqual([`image ${n}`, before.name, after.name, String(shown), "yes"]);
    });
  });

  it.each([
    ["deepfool", ["--clip"]],
    ["sdf", []],
  ])("--save-images: %s, pictures that are judged as they were saved", async (method, more) => {
    const out = newPath("out");
    const { code, stdout } = await run("--method", method, "--save-images", ...more, "--out", out, "--json");
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8"))).toEqual(report);
    expect(readdirSync(join(out, "images"))).toEqual(Array.from({ length: COUNT }, (_, n) => `${n}.png`));

    const engine = await compile(model, { backend: "reference" });
    const saved = await readImages(join(out, "images"), engine);
    const { labels } = await engine.logits(saved.images);
    expect(report.results.map((r: { saved: { class: number } }) => r.saved.class)).toEqual([...labels]);
    const fooled = report.results.filter(
      (r: { before: { class: number } }, n: number) => r.before.class !== labels[n],
    );
    expect(report.fooledAsSaved).toBe(fooled.length);
    if (method === "sdf") expect(report.fooledAsSaved).toBe(COUNT);
    const x = tinyImages(COUNT).pixels;
    const changed = saved.images.filter((v, i) => Math.round(255 * v) !== x[i]).length;
    expect(changed).toBeGreaterThan(COUNT);
  });

  it("says in text how many of the pictures still fool, and where they are", async () => {
    const out = newPath("out");
    const { stdout } = await run("--save-images", "--out", out);
    expect(stdout).toMatch(/^image .*fooled +as saved$/m);
    expect(stdout).toMatch(/^as saved in 8 bits \d of 6$/m);
    expect(stdout).toContain(`and 6 pictures in ${join(out, "images")}\n`);
  });

  it("--save-images needs --out", async () => {
    const { code, stderr } = await run("--save-images");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "unifool: --save-images is given without --out, expected the folder for the pictures\n",
    });
  });
});
