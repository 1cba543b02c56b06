import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawDemoImages } from "../../src/demo.js";
import { encodeNpy } from "../../src/images.js";
import { root } from "../browser/package_build.js";
import { type Packed, packPackage } from "./packed.js";

const run = promisify(execFile);
const dataUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
let packed: Packed;
beforeAll(async () => {
  packed = await packPackage("tarball");
});

describe("what npm publishes", () => {
  it("is less than 1 MB", () => {
    console.log(`tarball: ${packed.size} bytes, ${packed.files.length} files`);
    expect(packed.size).toBeLessThan(1e6);
  });

  it("needs no package with a native part", () => {
    const { dependencies, optionalDependencies, peerDependenciesMeta } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    );
    expect(Object.keys({ ...dependencies, ...optionalDependencies })).toEqual(["cli-progress", "commander"]);
    expect(peerDependenciesMeta.sharp).toEqual({ optional: true });
  });

  it("has declarations for each entry and for what entries share, no more", () => {
    const entries = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports).filter(
      (path) => !/\.(json|bin)$/.test(path),
    );
    const declarations = packed.files.filter((path) => path.endsWith(".d.ts"));
    const own = entries.map((path) => `dist/types/${path === "." ? "index" : path.slice(2)}.d.ts`);
    expect(declarations).toEqual(expect.arrayContaining(own));
    expect(declarations.length).toBeGreaterThanOrEqual(own.length);
    expect(declarations.length).toBeLessThan(20);
  });

  it("has every source in one bundle", () => {
    const places = new Map<string, string[]>();
    for (const [bundle, sources] of Object.entries(packed.bundles))
      for (const source of sources) places.set(source, [...(places.get(source) ?? []), bundle]);
    expect(places.size).toBeGreaterThan(300);
    expect([...places].filter(([, bundles]) => bundles.length > 1)).toEqual([]);
  });

  it("has types that resolve where ES modules do", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(packed.tarball)));
    if (!analysis.types) throw new Error("no types");
    // A CommonJS file gets the types by `await import` alone, and "node10" knows no exports.
    const problems = analysis.problems.filter(
      (problem) => !("resolutionKind" in problem && /^node10$|^node16-cjs$/.test(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
    const worker = analysis.entrypoints["./worker"].resolutions.bundler;
    expect(worker.resolution?.fileName).toMatch(/worker\.d\.ts$/);
  });
});

describe("the installed command line", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "unifool-installed-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(packed.folder, join(folder, "node_modules/unifool"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("crafts on the images that the package draws", async () => {
    const cli = join(folder, "node_modules/unifool/dist/cli.js");
    const args = ["craft", "--demo", "--limit", "20", "--passes", "5", "--json"];
    const { stdout } = await run(process.execPath, [cli, ...args], { cwd: folder });
    const { images, holdout, foolingRate } = JSON.parse(stdout);
    expect({ images, heldOut: holdout.images }).toEqual({ images: 20, heldOut: 200 });
    expect(foolingRate).toBeGreaterThan(0);
  });

  describe("without sharp", () => {
    /** Node options that hide the package, which the repository has. */
    const hidden = (() => {
      const hook = `export const resolve = (name, context, next) =>
        name === "sharp" ? Promise.reject(new Error("Cannot find package 'sharp'")) : next(name, context);`;
      const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hook))});`;
      return `--import=${dataUrl(register)}`;
    })();
    const start = (...args: string[]) => {
      const cli = join(folder, "node_modules/unifool/dist/cli.js");
      const model = join(packed.folder, "demo/model/model.json");
      const input = ["--range", "0,255", "--mean", "0.45", "--std", "0.25", "--passes", "1"];
      return run(process.execPath, [hidden, cli, "craft", "--model", model, ...input, ...args], {
        cwd: folder,
      });
    };

    it("crafts on a .npy, and says in a line that pictures are left out", async () => {
      const { images, count, shape } = drawDemoImages("crafting", { limit: 20 });
      writeFileSync(join(folder, "images.npy"), encodeNpy(images, [count, ...shape]));
      const { stdout, stderr } = await start("--images", "images.npy", "--out", "without");
      expect(readdirSync(join(folder, "without")).sort()).toEqual(["perturbation.npy", "report.json"]);
      expect(stdout).toMatch(/wrote without\/perturbation\.npy, without\/report\.json/);
      expect(stderr.split("\n").filter((line) => /sharp/.test(line))).toEqual([
        "the pictures are left out: they need the npm package sharp, expected it beside unifool (npm install sharp)",
      ]);
    });

    it("cannot read PNG files, and says what to install", async () => {
      mkdirSync(join(folder, "photos"));
      copyFileSync(join(root, "docs/before-after.png"), join(folder, "photos/a.png"));
      const { code, stderr } = await start("--images", "photos").catch((error) => error);
      expect(code).toBe(1);
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
        /^unifool: .* sharp, which is not installed here: npm install sharp$/,
      );
    });
  });
});
