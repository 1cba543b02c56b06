/**
 * esbuild makes a file of every set of entry points that share some sources: dozens of small ones that a page asks for one by one, and
 * that compress badly. Here those that are loaded together become one.
 */
import { posix } from "node:path";
import { transform } from "esbuild";
import { rollup } from "rollup";

/** @typedef {import("esbuild").Metafile["outputs"]} Outputs */

/**
 * @param files text of each of esbuild's files by its path, as in `outputs`, neither minified nor named by contents
 * @param {Outputs} outputs what esbuild says of them
 * @param {{ outdir: string, parts: readonly string[], shared: readonly string[], calls: readonly string[],
 *   apart: readonly string[], minify: object }} options
 *   `parts`: sources that begin what is loaded by itself, the first of them before all others: files that the same of these load become one.
 *   `shared`: entry points that have some of the first in common and shall not load the rest of it, nor of the other parts; `calls`: what
 *   is loaded when it is called, and what it needs of the first is all that some bundlers keep; `apart`: what else shall load no part. `minify`: options of the last pass
 * @returns texts by path, and what esbuild would say of them
 */
export async function joinChunks(files, outputs, { outdir, parts, shared, calls, apart, minify }) {
  const closures = new Map(
    [...parts, ...shared, ...calls, ...apart].map((source) => [
      source,
      closureOf(entryOf(source, outputs), outputs),
    ]),
  );
  const groupOf = (path) => {
    if (isEntry(path, outdir)) return undefined;
    const by = (sources) => sources.filter((source) => closures.get(source).has(path));
    const [first, ...others] = parts;
    // Not worth a file, and nothing comes along with it.
    const { bytes, imports } = outputs[path];
    if (by(parts).length > 1 && bytes < SMALL && imports.every(({ external }) => external)) return "shared";
    // What one file imports is loaded by all that load it: groups import each other in no circle.
    if (by([first]).length > 0) {
      if (by(shared).length > 0) return "shared";
      return by(calls).length > 0 ? "calls" : by(others).length > 0 ? "network" : "core";
    }
    if (by(others).length === 0) return undefined;
    return by([...others, ...shared, ...calls, ...apart])
      .map(nameOf)
      .join("-");
  };
  const entries = [...files.keys()].filter((path) => isEntry(path, outdir));
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((path) => [path.slice(outdir.length + 1, -3), path])),
    treeshake: false,
    plugins: [
      {
        name: "esbuild's files",
        resolveId: (id, from) => {
          const path = from && id.startsWith(".") ? posix.join(posix.dirname(from), id) : id;
          return files.has(path) ? path : { id, external: true };
        },
        load: (path) => files.get(path),
      },
    ],
  });
  const { output } = await bundle.generate({
    format: "es",
    manualChunks: groupOf,
    // Names that esbuild gave end in a hash of what they were; those of groups may be long.
    chunkFileNames: ({ name }) =>
      `chunks/${name
        .replace(/-[0-9A-Z]{8}$/, "")
        .split("-")
        .slice(0, 3)
        .join("-")}-[hash].js`,
    hoistTransitiveImports: false,
  });
  await bundle.close();
  const joined = await Promise.all(
    output.map(async (chunk) => {
      const { code } = await transform(chunk.code, { ...minify, format: "esm" });
      return [`${outdir}/${chunk.fileName}`, code, chunk];
    }),
  );
  return {
    texts: new Map(joined.map(([path, code]) => [path, code])),
    outputs: Object.fromEntries(
      joined.map(([path, code, chunk]) => [path, describe(chunk, code, outputs, outdir)]),
    ),
  };
}

/** Bytes, before they are minified. */
const SMALL = 800;

/** Whether a file is one that somebody imports by its name. */
function isEntry(path, outdir) {
  return !path.startsWith(`${outdir}/chunks/`);
}

function entryOf(source, outputs) {
  const found = Object.keys(outputs).find((path) => outputs[path].entryPoint === source);
  if (!found) throw new Error(`join_chunks: nothing begins with ${source}`);
  return found;
}

/** All that a file loads at once, itself included. */
function closureOf(path, outputs) {
  const loaded = new Set([path]);
  // A set may grow while it is walked.
  for (const file of loaded)
    for (const { path: next, kind, external } of outputs[file].imports)
      if (kind === "import-statement" && !external) loaded.add(next);
  return loaded;
}

/** `src/engines/wasm/engine.ts`: wasm; `src/kernels.ts`: kernels. */
function nameOf(source) {
  const [file, folder] = source.replace(".ts", "").split("/").reverse();
  return ["src", "api", "engines"].includes(folder) ? file : folder;
}

/** What esbuild would say of a file: bytes of a source as they were in its own. */
function describe(chunk, code, outputs, outdir) {
  const inputs = Object.assign({}, ...chunk.moduleIds.map((path) => outputs[path].inputs));
  const named = (kind) => (path) => ({ path: `${outdir}/${path}`, kind });
  return {
    bytes: Buffer.byteLength(code),
    inputs,
    imports: [
      ...chunk.imports.filter((path) => path.endsWith(".js")).map(named("import-statement")),
      ...chunk.dynamicImports.filter((path) => path.endsWith(".js")).map(named("dynamic-import")),
    ],
    exports: chunk.exports,
    entryPoints: chunk.moduleIds.flatMap((path) => outputs[path].entryPoint ?? []),
  };
}
