import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage, root } from "../browser/package_build.js";

let folder: string;
/** What the build says of its files, as esbuild would. */
interface Output {
  readonly entryPoints: readonly string[];
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}
let outputs: Readonly<Record<string, Output>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "unifool-sizes-"));
  const meta = join(folder, "meta.json");
  const dist = await buildPackage([`--meta=${meta}`]);
  ({ outputs } = JSON.parse(readFileSync(meta, "utf8")));
  const installed = join(folder, "node_modules/unifool");
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(root, "package.json"), join(installed, "package.json"));
  symlinkSync(dist, join(installed, "dist"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/** The bundles that load with that of a source, itself first. */
function loadedWith(source: string): string[] {
  const all = Object.keys(outputs);
  const first = all.find((path) => outputs[path].entryPoints.includes(source));
  if (first === undefined) throw new Error(`no bundle begins with ${source}`);
  const loaded = new Set([first]);
  // A set may grow while it is walked.
  for (const path of loaded)
    for (const { path: next, kind, external } of outputs[path].imports)
      if (kind === "import-statement" && !external) loaded.add(next);
  return [...loaded];
}

const bytesOf = (paths: Iterable<string>): number =>
  [...paths].reduce((sum, path) => sum + gzipSync(readFileSync(join(root, path))).length, 0);

describe("what a page loads until a ResNet has its first logits on the WASM engine, without a bundler", () => {
  const MODULE = "src/kernels/wasm/relaxed_module.generated.ts";
  const parts = [
    "src/index.ts",
    "src/network/import/layers_model/load.ts",
    "src/engines/wasm/engine.ts",
    "src/engines/wasm/threads/workers.ts",
    MODULE,
  ];

  it("is 15 files of script of less than 82 kB gzip, and one of two modules of less than 42", () => {
    const loaded = new Set<string>();
    let before = 0;
    for (const part of parts) {
      for (const path of loadedWith(part)) loaded.add(path);
      const bytes = bytesOf(loaded);
      console.log(`${part}: ${kB(bytes - before)} gzip more, ${loaded.size} files so far`);
      before = bytes;
    }
    const module = bytesOf(loadedWith(MODULE));
    const importer = "src/network/import/layers_model/load.ts";
    const engine = new Set(parts.filter((part) => part !== MODULE && part !== importer).flatMap(loadedWith));
    console.log(`the engine without the importer: ${kB(bytesOf(engine))} gzip`);
    expect(bytesOf(engine)).toBeLessThan(60_000);
    expect(module).toBeLessThan(42_000);
    expect(before - module).toBeLessThan(82_000);
    expect(loaded.size).toBeLessThanOrEqual(16);
  });

  it.each([
    ["src/kernels.ts", 11_000],
    ["src/images.ts", 10_000],
  ])("%s by itself is less than %i bytes of gzip", (entry, limit) => {
    const bytes = bytesOf(loadedWith(entry));
    console.log(`${entry}: ${kB(bytes)} gzip`);
    expect(bytes).toBeLessThan(limit);
  });

  it("has nothing of other engines, other formats and the other module", () => {
    const sources = [...parts, MODULE]
      .flatMap(loadedWith)
      .flatMap((path) =>
        Object.keys(outputs[path].inputs).filter((s) => outputs[path].inputs[s].bytesInOutput > 0),
      );
    expect(sources).toContain("src/network/import/layers_model/load.ts");
    expect(sources).toContain("src/engines/wasm/engine.ts");
    const foreign =
      /\/onnx\/|\/graph_model\/(?!live)|zip|fflate|tfjs\/|webgpu|wgsl|simd_module|wasmati|assembler|^src\/(cli|node|images|demo)\//;
    // What this network and this call have no use for.
    const idle =
      /api\/(minimal|universal|evaluating)\/|api\/crafting|layers_model\/operations|disk|memory\.ts|references\.generated|compositions|depthwise|grouped|mat_mul\/lower|portable/;
    expect(sources.filter((source) => foreign.test(source))).toEqual([]);
    expect(sources.filter((source) => idle.test(source))).toEqual([]);
  });
});

describe("what a bundler keeps of a page that imports a little", () => {
  it.each([
    ["ModelError", 1_000],
    ["deepfool", 13_000],
    ["universalPerturbation", 42_000],
    ["buildNetwork", 25_000],
  ])("%s: less than %i bytes", async (name, limit) => {
    const file = join(folder, `${name}.js`);
    writeFileSync(file, `import { ${name} } from "unifool";\nconsole.log(${name});\n`);
    const { outputFiles, warnings } = await build({
      entryPoints: [file],
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      write: false,
      // The package is linked here.
      preserveSymlinks: true,
      logLevel: "silent",
    });
    const [{ contents }] = outputFiles;
    console.log(`${name} alone: ${kB(contents.length)}, gzip ${kB(gzipSync(contents).length)}`);
    expect(warnings).toEqual([]);
    expect(contents.length).toBeLessThan(limit);
  });
});
