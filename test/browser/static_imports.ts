import { build } from "esbuild";

/**
 * The files that a module loads at once, itself included, and what else they import.
 *
 * @returns `files`: reached by static imports; `foreign`: imports of anything but the package's own files
 */
export async function staticImports(entry: string) {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    external: ["@tensorflow/*", "node:*"],
    metafile: true,
    write: false,
    outdir: "unused",
    logLevel: "error",
  });
  const [first] = Object.keys(metafile.inputs).filter((path) => entry.endsWith(path));
  const files = new Set([first]);
  // A set may grow while it is walked.
  for (const file of files)
    for (const { path, kind, external } of metafile.inputs[file].imports)
      if (kind === "import-statement" && !external) files.add(path);
  const foreign = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ external }) => external)
    .map(({ path, kind }) => ({ path, kind }));
  return { files: [...files], all: Object.keys(metafile.inputs), foreign };
}
