#!/usr/bin/env node
/**
 * Builds the package: assembles the WASM kernels and inlines their bytes, bundles with esbuild, emits type
 * declarations and prints sizes.
 *
 *   node build.mjs             everything
 *   node build.mjs --kernels   only the generated sources (what tests and type checks need)
 *   node build.mjs --quiet     everything but the type declarations, whose last build stays; prints nothing
 *   node build.mjs --maps      with source maps, which are no part of the package
 *   node build.mjs --out=DIR   bundles go to DIR instead of dist; quiet too
 *   node build.mjs --types     with type declarations, where --quiet or --out makes none
 *   node build.mjs --meta=FILE writes what esbuild says of each bundle: its sources, its bytes, what it imports
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rollDeclarations } from "./scripts/declarations.mjs";
import { joinChunks } from "./scripts/join_chunks.mjs";
import { operatorTables } from "./scripts/operator_tables.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const flags = new Set(process.argv.slice(2));
const out = process.argv.find((flag) => flag.startsWith("--out="))?.slice("--out=".length);
const outdir = out ?? `${root}dist`;
const metafile = process.argv.find((flag) => flag.startsWith("--meta="))?.slice("--meta=".length);
const quiet = flags.has("--quiet") || out !== undefined;
const mapped = flags.has("--maps");
const typed = !quiet || flags.has("--types");

/** Characters: Node prints the whole line in which an error was thrown that nobody caught; short modules share one. */
const lineLimit = 120;

/** Public modules, by the names of their files in src. */
const entries = ["index", "tfjs", "kernels", "images", "node", "demo"];

/** What is loaded by itself, and begins with these: files that the same of them load are joined. */
const parts = [
  "src/index.ts",
  "src/network/import/layers_model/load.ts",
  "src/network/import/graph_model/load.ts",
  "src/network/import/onnx/load.ts",
  "src/engines/wasm/engine.ts",
  "src/engines/webgpu/engine.ts",
];

/** Entry points of pages that need not load the index; what is loaded when it is called; and others: no more than they need. */
const shared = ["src/kernels.ts", "src/images.ts"];
const calls = [
  "src/api/deepfool_loop.ts",
  "src/api/evaluating/run.ts",
  "src/api/minimal/run.ts",
  "src/api/universal/run.ts",
  "src/engines/portable_gradient.ts",
  // By backend "auto", which may not take it.
  "src/engines/webgpu/adapter.ts",
];
const apart = ["src/tfjs.ts", "src/engines/reference.ts"];

/** A classic script: what `new Worker` takes everywhere, from a blob, a string or a URL. */
const workerBundle = {
  entryPoints: [`${root}src/engines/wasm/threads/worker.ts`],
  bundle: true,
  format: "iife",
  platform: "neutral",
  target: "es2022",
  minify: true,
  lineLimit,
  legalComments: "none",
  logLevel: "error",
};

/** How an import says to webpack and Vite that it is not theirs to resolve; esbuild drops comments where it drops white space. */
const HINTED = "import(/* webpackIgnore: true */ /* @vite-ignore */ ";
const MARK = "__unifool_import__(";
const hintsKept = {
  name: "hints kept",
  setup({ onLoad }) {
    onLoad({ filter: /src\/kernels\/import_installed\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes(HINTED)) throw new Error(`${path}: no import with the hints ${HINTED}`);
      return { contents: source.replaceAll(HINTED, MARK), loader: "ts" };
    });
  },
};

await generateSources();
if (!flags.has("--kernels")) await bundle();

/** Writes the tables of operators, then runs the assembler (TypeScript, so bundled first), what changed only. */
async function generateSources() {
  const operators = `${root}src/kernels/operators`;
  for (const [name, source] of Object.entries(operatorTables(operators)))
    writeIfChanged(`${operators}/${name}`, source);
  // Of its own, because builds run side by side.
  const temporary = `${root}node_modules/.cache/unifool/assemble-${process.pid}.mjs`;
  mkdirSync(`${root}node_modules/.cache/unifool`, { recursive: true });
  await build({
    entryPoints: [`${root}src/kernels/wasm/module.ts`],
    outfile: temporary,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  const { generatedSources } = await import(pathToFileURL(temporary).href);
  rmSync(temporary);
  for (const [name, source] of Object.entries(generatedSources()))
    writeIfChanged(`${root}src/kernels/wasm/${name}`, source);
  await generateWorker();
}

/** Bundles the worker to a string that the main bundle carries, so that nobody has to host a second file. */
async function generateWorker() {
  const { outputFiles } = await build({ ...workerBundle, write: false });
  const source = `// Made by build.mjs from worker.ts; not in git.\nexport const workerSource: string = ${JSON.stringify(outputFiles[0].text)};\n`;
  writeIfChanged(`${root}src/engines/wasm/threads/worker.generated.ts`, source);
}

function writeIfChanged(path, source) {
  if (!existsSync(path) || readFileSync(path, "utf8") !== source) writeFileSync(path, source);
}

/** Removes all that a folder holds, but for the names to keep. */
function emptyFolder(folder, kept) {
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    if (!kept.includes(name)) rmSync(`${folder}/${name}`, { recursive: true });
}

async function bundle() {
  emptyFolder(outdir, typed ? [] : ["types"]);
  // What a visitor brings along or npm installs beside us; all else is carried, so that a page needs no bundler.
  const external = ["@tensorflow/*", "webgpu", "sharp", "node:*", ...Object.keys(dependencies)];
  // All entries at once, so that what they share is there once. What only the command line uses is in a chunk of its own.
  const built = await build({
    absWorkingDir: root,
    outdir,
    entryPoints: Object.fromEntries([
      ...entries.map((name) => [name, `src/${name}.ts`]),
      ["cli", "src/cli/main.ts"],
    ]),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    external,
    target: "es2022",
    // Maps are half of the package's size, for those who debug it, and of esbuild's own files: node build.mjs --maps
    ...(mapped ? { sourcemap: true, minify: true, lineLimit } : { minifySyntax: true }),
    chunkNames: "chunks/[name]-[hash]",
    metafile: true,
    logLevel: "error",
    plugins: [hintsKept],
    write: false,
  });
  const files = new Map(built.outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const { texts, outputs } = mapped
    ? { texts: files, ...built.metafile }
    : await joinChunks(files, built.metafile.outputs, {
        outdir: relative(root, outdir),
        parts,
        ...{ shared, calls, apart },
        minify: { minify: true, lineLimit, target: "es2022", legalComments: "none" },
      });
  for (const [path, text] of texts) {
    mkdirSync(dirname(`${root}${path}`), { recursive: true });
    writeFileSync(`${root}${path}`, text.replaceAll(MARK, HINTED));
  }
  chmodSync(`${outdir}/cli.js`, 0o755);
  await build({ ...workerBundle, outfile: `${outdir}/worker.js` });
  if (metafile) writeFileSync(metafile, JSON.stringify({ outputs }));
  if (typed) await declare(`${outdir}/types`);
  if (quiet) return;
  for (const name of [...entries, "cli"]) {
    const bytes = readFileSync(`${root}dist/${name}.js`);
    console.log(`dist/${name}.js  ${kB(bytes.length)}, gzip ${kB(gzipSync(bytes).length)}`);
  }
}

async function declare(folder) {
  await rollDeclarations(entries, folder);
  // A classic script, which exports nothing.
  writeFileSync(
    `${folder}/worker.d.ts`,
    "/** To be served for workers: `workerUrl` of `compile`. */\nexport {};\n",
  );
}

function kB(bytes) {
  return `${(bytes / 1024).toFixed(1)} kB`;
}
