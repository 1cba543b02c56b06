import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureNames } from "../../src/cli/output/saved_pictures.js";
import { encodeNpy } from "../../src/images.js";
import { compile } from "../../src/index.js";
import { readImages } from "../../src/node.js";
import { type Finished, runInProcess } from "./support/command_line.js";
import { noise, SIDE, tinyImages, writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-apply-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPath = (name: string) => join(mkdtempSync(join(folder, "of-")), name);

/** A perturbation that fools some images and leaves the range on others. */
function writePerturbation(channels: 1 | 3, size: number): { path: string; values: Float32Array } {
  const values = noise(SIDE * SIDE * channels, 3).map((v) => v * size);
  const path = newPath("v.npy");
  writeFileSync(path, encodeNpy(values, [SIDE, SIDE, channels]));
  return { path, values };
}

async function writePictures(count: number, channels: 1 | 3): Promise<string> {
  const path = newPath("pictures");
  mkdirSync(path);
  const { pixels } = tinyImages(count, channels);
  const size = SIDE * SIDE * channels;
  for (let n = 0; n < count; n++)
    await sharp(pixels.subarray(n * size, (n + 1) * size), { raw: { width: SIDE, height: SIDE, channels } })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .png()
      .toFile(join(path, `image-${n}.png`));
  return path;
}

function jsonOf({ code, stdout, stderr }: Finished): Record<string, unknown> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("apply", () => {
  it.each([1, 3] as const)(
    "writes the images with v added, of %i channels, and judges what it wrote",
    async (channels) => {
      const model = writeTinyModel(newPath("model"), channels);
      const images = await writePictures(12, channels);
      const { path, values } = writePerturbation(channels, 0.7);
      const out = newPath("perturbed");
      const args = [
        "--perturbation",
        path,
        "--images",
        images,
        "--out",
        out,
        "--model",
        model,
        "--backend",
        "reference",
      ];
      const report = jsonOf(await runInProcess(["apply", ...args, "--json"]));
      expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8"))).toEqual(report);

      const engine = await compile(model, { backend: "reference" });
      const before = await readImages(images, engine);
      const after = await readImages(out, engine);
      expect(after.files).toEqual(before.files);
      const expected = before.images.map((v, i) => {
        const moved = v + values[i % values.length];
        return Math.round(255 * Math.min(1, Math.max(0, moved))) / 255;
      });
      const most = after.images.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i])), 0);
      expect(most).toBeLessThan(1e-6);
      expect(expected.some((v) => v === 0) && expected.some((v) => v === 1)).toBe(true);

      const clean = (await engine.logits(before.images)).labels;
      const { labels } = await engine.logits(after.images);
      const fooled = labels.filter((label, n) => label !== clean[n]).length;
      expect(fooled).toBeGreaterThan(0);
      expect(report).toMatchObject({ command: "apply", images: 12, range: [0, 1], fooledAsSaved: fooled });

      const { code, stdout } = await runInProcess(
        ["apply", ...args, "--limit", "2"].map((arg) => (arg === out ? newPath("o") : arg)),
      );
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^fooled \d of 2 images \(.* %\), as saved \d \(.* %\)\nwrote 2 pictures and report\.json to /,
      );
    },
  );

  it("takes shape and range from the perturbation where there is no model", async () => {
    const { path } = writePerturbation(3, 20);
    writeFileSync(
      join(path, "..", "report.json"),
      JSON.stringify({ command: "craft", input: { range: [0, 255] } }),
    );
    const out = newPath("perturbed");
    const images = await writePictures(3, 3);
    const report = jsonOf(
      await runInProcess(["apply", "--perturbation", path, "--images", images, "--out", out, "--json"]),
    );
    expect(report).toMatchObject({ range: [0, 255], images: 3 });
    expect(report).not.toHaveProperty("fooled");
    expect(readdirSync(out).sort()).toEqual(["image-0.png", "image-1.png", "image-2.png", "report.json"]);
    const { channels } = await sharp(join(out, "image-0.png")).stats();
    expect(channels[0].max - channels[0].min).toBeGreaterThan(30);
  });

  it("numbers the images of one file", async () => {
    const { path } = writePerturbation(1, 0.1);
    const out = newPath("perturbed");
    const images = writeRawFolder(newPath("raw"), 11);
    jsonOf(await runInProcess(["apply", "--perturbation", path, "--images", images, "--out", out, "--json"]));
    expect(readdirSync(out)).toHaveLength(12);
    expect(readdirSync(out)).toContain("03.png");
  });

  it("refuses the folder of the images, and what is missing", async () => {
    const { path } = writePerturbation(1, 0.1);
    const images = await writePictures(1, 1);
    const given = ["apply", "--perturbation", path, "--images", images];
    for (const [args, message] of [
      [["apply"], /--perturbation is missing/],
      [given, /--out is missing/],
      [["apply", "--perturbation", path, "--out", newPath("o")], /--images is missing/],
      [[...given, "--out", images], /is the folder of the images, expected another/],
      [[...given, "--range", "0,255", "--out", newPath("o")], undefined],
    ] as const) {
      const { code, stderr } = await runInProcess(args);
      expect(code).toBe(message ? 2 : 0);
      if (message) expect(stderr).toMatch(message);
    }
    expect(readdirSync(images)).toEqual(["image-0.png"]);
  });
});

describe("names of saved pictures", () => {
  it("are those of the files, told apart by their endings where two would be one", () => {
    expect(pictureNames({ count: 4, files: ["a.jpg", "b.png", "B.jpg", "cats/b.webp"] })).toEqual([
      "a.png",
      "b.png.png",
      "B.jpg.png",
      "cats/b.png",
    ]);
  });
});
