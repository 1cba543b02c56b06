import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expandPaths } from "../../src/cli/globs.js";
import { encodeNpy } from "../../src/images.js";
import { readImages } from "../../src/node.js";
import { runInProcess } from "./support/command_line.js";
import { SIDE, writeTinyModel } from "./support/tiny_model.js";

let folder: string;
let model: string;
let names: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-paths-"));
  model = writeTinyModel(join(folder, "model"));
  names = join(folder, "names.txt");
  writeFileSync(names, "cat\nsea lion\ndog\nemu\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files of one shade each, and others of the text given. */
async function writeTree(files: Readonly<Record<string, number | string>>): Promise<string> {
  const root = mkdtempSync(join(folder, "tree-"));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === "string") writeFileSync(path, content);
    else
      await sharp({
        create: {
          width: SIDE,
          height: SIDE,
          channels: 3,
          background: { r: content, g: content, b: content },
        },
      })
        .png()
        .toFile(path);
  }
  return root;
}

const net = { inputShape: [SIDE, SIDE, 3], range: [0, 255] } as const;
const shades = (images: Float32Array) => [...images].filter((_, i) => i % (SIDE * SIDE * 3) === 0);

describe("folders of classes", () => {
  it("take turns, and are labelled by the names of the model's classes", async () => {
    const root = await writeTree({
      "dog/a.png": 1,
      "Sea_Lion/a.png": 2,
      "dog/deep/b.png": 3,
      "dog/c.png": 4,
      "cat/x.png": 5,
    });
    const classes = { ...net, classes: 4, classNames: ["cat", "sea lion", "dog", "emu"] };
    const set = await readImages(root, classes);
    expect(set.files).toEqual(["Sea_Lion/a.png", "cat/x.png", "dog/a.png", "dog/c.png", "dog/deep/b.png"]);
    expect(shades(set.images)).toEqual([2, 5, 1, 4, 3]);
    expect(set.labels).toEqual(Int32Array.of(1, 0, 2, 2, 2));
    expect(set.classNames).toEqual(classes.classNames);
    expect(set.warnings).toBeUndefined();
    const few = await readImages(root, classes, { limit: 3 });
    expect(few.labels).toEqual(Int32Array.of(1, 0, 2));
  });

  it("are labelled by their order where the model has no names, one for each class", async () => {
    const root = await writeTree({ "b/1.png": 1, "a/2.png": 2 });
    const set = await readImages(root, { ...net, classes: 2 } as typeof net);
    expect(set).toMatchObject({ labels: Int32Array.of(0, 1), classNames: ["a", "b"] });
    const other = await readImages(root, { ...net, classes: 3 } as typeof net);
    expect(other.labels).toBeUndefined();
    expect(other.warnings).toEqual([
      expect.stringMatching(/there are 2 folders, and the model has 3 classes/),
    ]);
    const named = await readImages(root, { ...net, classes: 2, classNames: ["a", "c"] } as typeof net);
    expect(named.warnings).toEqual(["images have no labels: folder b has the name of no class"]);
  });

  it("beside pictures are no classes, but are read; an empty one is told", async () => {
    const root = await writeTree({
      "b.png": 1,
      "a/2.png": 2,
      "c/notes.txt": "no picture",
      ".hidden/3.png": 3,
    });
    symlinkSync(root, join(root, "a", "loop"));
    const set = await readImages(root, net);
    expect(set.files).toEqual(["a/2.png", "b.png"]);
    expect(set.labels).toBeUndefined();
    expect(set.warnings).toContain(`folder ${join(root, "c")} holds no pictures`);
  });

  it("give evaluate its accuracy", async () => {
    const root = await writeTree({ "cat/a.png": 10, "emu/b.png": 200 });
    const v = join(root, "v.npy");
    writeFileSync(v, encodeNpy(new Float32Array(SIDE * SIDE), [SIDE, SIDE, 1]));
    const args = ["--model", model, "--classes-file", names, "--backend", "reference", "--perturbation", v];
    const { stdout, code } = await runInProcess(["evaluate", ...args, "--images", root, "--json"]);
    expect(code).toBe(0);
    const { accuracy } = JSON.parse(stdout);
    expect(accuracy.clean).toBe(accuracy.perturbed);
  });
});

describe("several paths", () => {
  it("are read one after the other, with one limit", async () => {
    const one = await writeTree({ "a.png": 1, "b.png": 2 });
    const two = await writeTree({ "a.png": 3 });
    const npy = join(two, "more.npy");
    writeFileSync(npy, encodeNpy(new Float32Array(2 * SIDE * SIDE * 3).fill(7), [2, SIDE, SIDE, 3]));
    const set = await readImages([join(two, "a.png"), one, npy], net);
    expect(shades(set.images)).toEqual([3, 1, 2, 7, 7]);
    expect(set.files).toEqual([
      ...[join(two, "a.png"), join(one, "a.png"), join(one, "b.png")],
      `${npy}/0`,
      `${npy}/1`,
    ]);
    expect(shades((await readImages([one, npy], net, { limit: 3 })).images)).toEqual([1, 2, 7]);
  });

  it.each([[[]], [[1]], [undefined]])("rejects %j", async (paths) => {
    await expect(readImages(paths as unknown as string[], net)).rejects.toThrow(/^readImages: path is /);
  });

  it("may be patterns", async () => {
    const root = await writeTree({
      "a1.png": 1,
      "a2.jpg": "",
      "b1.png": 2,
      "deep/down/a3.png": 3,
      "x[1].png": 4,
    });
    const of = (...patterns: string[]) => expandPaths(patterns.map((pattern) => join(root, pattern)));
    const paths = (...found: string[]) => found.map((name) => join(root, name));
    expect(await of("*.png")).toEqual(paths("a1.png", "b1.png", "x[1].png"));
    expect(await of("[!b]?.png", "b1.png")).toEqual(paths("a1.png", "b1.png"));
    expect(await of("**/a*.png")).toEqual(paths("a1.png", "deep/down/a3.png"));
    expect(await of("x[1].png")).toEqual(paths("x[1].png"));
    expect(await of("de*/down")).toEqual(paths("deep/down"));
    await expect(of("*.gif")).rejects.toThrow(/\*\.gif: matches no file or folder$/);
    await expect(of("[.png")).rejects.toThrow(/matches no file/);

    const args = [
      "--model",
      model,
      "--backend",
      "reference",
      "--json",
      "--images",
      join(root, "*1.png"),
      join(root, "deep"),
    ];
    const { stdout, code } = await runInProcess(["deepfool", ...args]);
    expect(code).toBe(0);
    const files = JSON.parse(stdout).results.map(({ file }: { file: string }) => file);
    expect(files).toEqual(paths("a1.png", "b1.png", "deep/down/a3.png"));
  });
});

describe("broken pictures", () => {
  const run = (root: string, ...args: string[]) =>
    runInProcess(["deepfool", "--model", model, "--backend", "reference", "--images", root, ...args]);

  it("are skipped, reported and counted; others take their place", async () => {
    const root = await writeTree({ "a.png": 1, "b.png": "no picture", "c.png": 3, "d.png": "", "e.png": 5 });
    const set = await readImages(root, net, { broken: "skip", limit: 2 });
    expect(shades(set.images)).toEqual([1, 3]);
    expect((await readImages(root, net, { broken: "skip" })).files).toEqual(["a.png", "c.png", "e.png"]);
    const { code, stderr } = await run(root);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^skipped: .*b\.png cannot be decoded \(.*\)$/m);
    expect(stderr).toMatch(/^skipped 2 broken pictures beside 3 images \(--strict: an error\)$/m);
    const report = JSON.parse((await run(root, "--json")).stdout);
    expect(report).toMatchObject({
      images: 3,
      skipped: [
        { file: join(root, "b.png"), problem: expect.stringMatching(/^cannot be decoded/) },
        { file: join(root, "d.png") },
      ],
    });
  });

  it("are an error with --strict, and where all are", async () => {
    const root = await writeTree({ "a.png": 1, "b.png": "no picture" });
    const strict = await run(root, "--strict");
    expect(strict.code).toBe(1);
    expect(strict.stderr).toMatch(/^unifool: .*b\.png: cannot be decoded/m);
    const all = await run(await writeTree({ "a.png": "", "b.png": "no picture" }));
    expect(all.code).toBe(1);
    expect(all.stderr).toMatch(/^unifool: .*a\.png: cannot be decoded \(.*\); nor can the other 1$/m);
  });

  it("apply keeps the folders of what it saves", async () => {
    const root = await writeTree({ "cat/a.png": 100, "emu/a.png": 120, "emu/b.png": "broken" });
    const v = join(mkdtempSync(join(folder, "v-")), "v.npy");
    writeFileSync(v, encodeNpy(new Float32Array(SIDE * SIDE).fill(0.1), [SIDE, SIDE, 1]));
    const out = join(mkdtempSync(join(folder, "out-")), "saved");
    const { code } = await runInProcess([
      "apply",
      "--perturbation",
      v,
      "--images",
      root,
      "--out",
      out,
      "--json",
    ]);
    expect(code).toBe(0);
    const saved = await readImages(out, { inputShape: [SIDE, SIDE, 1], range: [0, 255] });
    expect(saved.files).toEqual(["cat/a.png", "emu/a.png"]);
    expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8")).skipped).toHaveLength(1);
  });
});
