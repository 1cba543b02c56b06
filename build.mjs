#!/usr/bin/env node
/**
 * Builds the package: assembles the WASM kernels and inlines their bytes, bundles with esbuild, emits type
 * declarations and prints sizes.
 *
 *   node build.mjs             everything
 *   node build.mjs --kernels   only the generated sources (what tests and type checks need)
 *   node build.mjs --quiet     everything but the type declarations, whose last build stays; prints nothing
 *   node build.mjs --maps      with source maps, which are no part of the package
 *   node build.mjs --out=DIR   bundles go to DIR instead of dist, without type declarations
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { operatorTables } from "./scripts/operator_tables.mjs";

const root = fileURLToPath(new URL(".", import.meta.url));
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const flags = new Set(process.argv.slice(2));
const out = process.argv.find((flag) => flag.startsWith("--out="))?.slice("--out=".length);
const outdir = out ?? `${root}dist`;
const quiet = flags.has("--quiet") || out !== undefined;

/** Characters: Node prints the whole line in which an error was thrown that nobody caught; short modules share one. */
const lineLimit = 120;

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
  emptyFolder(outdir, quiet ? ["types"] : []);
  const shared = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    minify: true,
    lineLimit,
    // Half of the package's size, for those who debug it: node build.mjs --maps
    sourcemap: flags.has("--maps"),
    chunkNames: "chunks/[name]-[hash]",
    logLevel: "error",
  };
  // What a visitor brings along or npm installs beside us; all else is carried, so that a page needs no bundler.
  const external = [
    "@tensorflow/*",
    "webgpu",
    "node:*",
    ...Object.keys({ ...dependencies, ...optionalDependencies }),
  ];
  // The library: index.js is whole but for the tfjs engine, which loads when it is asked for.
  await build({
    ...shared,
    platform: "neutral",
    mainFields: ["module", "main"],
    external,
    entryPoints: {
      index: "src/index.ts",
      tfjs: "src/tfjs.ts",
      kernels: "src/kernels.ts",
      images: "src/images.ts",
      node: "src/node.ts",
    },
  });
  // The command line, by itself, so that nothing of it can reach a browser.
  await build({
    ...shared,
    platform: "node",
    external,
    entryPoints: { cli: "src/cli/main.ts" },
    banner: { js: "#!/usr/bin/env node" },
  });
  await build({ ...workerBundle, outfile: `${outdir}/worker.js` });
  if (quiet) return;
  execFileSync("node", [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
    stdio: "inherit",
  });
  for (const name of ["index", "tfjs", "kernels", "images", "node", "cli"]) {
    const bytes = readFileSync(`${root}dist/${name}.js`);
    console.log(`dist/${name}.js  ${kB(bytes.length)}, gzip ${kB(gzipSync(bytes).length)}`);
  }
}

function kB(bytes) {
  return `${(bytes / 1024).toFixed(1)} kB`;
}
